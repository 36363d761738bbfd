package upgrade

import (
	"context"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestChannel(t *testing.T) {
	for _, c := range []struct{ name, sent, want string }{
		{"no message", "<html>\n", "a line that is no message: <html>"},
		{"no kind", "{}\n", "a line that is no message: {}"},
		{"half a line", `{"kind":"re`, `a line that is no message: {"kind":"re`},
		{"nothing", "", io.EOF.Error()},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := newElder(t)
			io.WriteString(a.file, c.sent)
			a.close()
			if m, err := b.receive(t.Context()); err == nil || err.Error() != c.want {
				t.Errorf("got %+v, %v, want %q", m, err, c.want)
			}
		})
	}
	t.Run("no end", func(t *testing.T) {
		a, b := newElder(t)
		go io.WriteString(a.file, strings.Repeat("x", maxMessage+1))
		if _, err := b.receive(t.Context()); err == nil || !strings.Contains(err.Error(), "a line of more than") {
			t.Errorf("got %v, want that it is too long", err)
		}
		b.close()
	})
	t.Run("too late", func(t *testing.T) {
		_, b := newElder(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := b.receive(ctx); err != context.Canceled {
			t.Errorf("got %v, want that it was broken off", err)
		}
	})
	t.Run("what a later version adds", func(t *testing.T) {
		a, b := newElder(t)
		io.WriteString(a.file, `{"kind":"ready","colour":"blue"}`+"\n")
		if m, err := b.receive(t.Context()); err != nil || m.Kind != kindReady {
			t.Errorf("got %+v, %v, want ready", m, err)
		}
	})
}

func TestOwnEnvironment(t *testing.T) {
	got := ownEnvironment([]string{"A=1", variable + "=3", "LISTEN_FDS=1", "LISTEN_PID=2", "NOTIFY_SOCKET=/x", "LISTENER=b"})
	if want := []string{"A=1", "NOTIFY_SOCKET=/x", "LISTENER=b"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A variable that somebody else has set is an error, not a hang.
func TestNotInherited(t *testing.T) {
	for _, value := range []string{"", "x", "0", "9999"} {
		t.Setenv(variable, value)
		if p, err := Inherited(); p != nil || err == nil || !strings.Contains(err.Error(), variable) {
			t.Errorf("%q: got %v, %v, want an error that names the variable", value, p, err)
		}
	}
	if p, err := Inherited(); p != nil || err != nil {
		t.Errorf("without it: got %v, %v", p, err)
	}
}
