package proxy

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"weir/proxy/session"
)

// socketPath returns a free path that is short enough for a socket.
func socketPath(t *testing.T) Address {
	t.Helper()
	dir, err := os.MkdirTemp("", "weir")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return Address{Path: filepath.Join(dir, "front.sock")}
}

func dialPath(t *testing.T, addr Address) *net.UnixConn {
	t.Helper()
	conn, err := net.Dial("unix", addr.Path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	return conn.(*net.UnixConn)
}

func TestUnixListener(t *testing.T) {
	o, conns := accepting(t)
	r := newRig(t, o.addr)
	r.serve(t)
	s := defaults()
	s.MaxConnectionsPerClient = 1 // they have no address to be counted by
	l := r.also(t, "unix", socketPath(t), s)
	if got := l.Addr(); got.Path == "" || got.String() != "unix:"+got.Path {
		t.Errorf("got address %q, want one that begins with unix:", got)
	}
	first, backend := dialPath(t, l.Addr()), <-conns
	second, other := dialPath(t, l.Addr()), <-conns
	for i, c := range []struct {
		client  *net.UnixConn
		backend *net.TCPConn
	}{{first, backend}, {second, other}} {
		up, down := noise(uint64(i), 3<<20), noise(uint64(i)+7, 5<<20)
		go func() {
			io.Copy(c.client, up)
			c.client.CloseWrite()
		}()
		got, err := receive(c.backend)
		if want, _ := receive(noise(uint64(i), 3<<20)); err != nil || got != want {
			t.Errorf("up: got %+v and %v, want %+v", got, err, want)
		}
		go func() {
			io.Copy(c.backend, down)
			c.backend.Close()
		}()
		got, err = receive(c.client)
		if want, _ := receive(noise(uint64(i)+7, 5<<20)); err != nil || got != want {
			t.Errorf("down: got %+v and %v, want %+v", got, err, want)
		}
	}
	for _, f := range r.finished(t, 2) {
		if f["client"] != "unix" || f["end"] != string(session.Complete) || f["bytes_up"] != float64(3<<20) || f["bytes_down"] != float64(5<<20) {
			t.Errorf("got %v, want client unix, end %s and all bytes", f, session.Complete)
		}
	}
	l.Configure(r.service, s) // sets no TCP option on it
	if got := r.log.lines("keep-alive can't be set on the listening socket"); len(got) > 0 {
		t.Errorf("got log %v", got)
	}
}

func TestUnixListenerWithoutBackend(t *testing.T) {
	r := newRig(t)
	r.serve(t)
	l := r.also(t, "unix", socketPath(t), defaults())
	client := dialPath(t, l.Addr())
	if n, err := client.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("got %d bytes and %v, want an end", n, err)
	}
	if got := r.finished(t, 1)[0]; got["end"] != string(session.NoBackend) || got["client"] != "unix" {
		t.Errorf("got %v, want end %s of client unix", got, session.NoBackend)
	}
}

func TestHeaderOfAUnixClient(t *testing.T) {
	for _, p := range []session.ProxyProtocol{session.HeaderV1, session.HeaderV2} {
		t.Run(fmt.Sprint(p), func(t *testing.T) {
			o, conns := accepting(t)
			r := newRig(t, o.addr)
			r.service.ProxyProtocol = p
			r.serve(t)
			l := r.also(t, "unix", socketPath(t), defaults())
			client := dialPath(t, l.Addr())
			io.WriteString(client, "hello")
			backend := <-conns
			backend.SetDeadline(time.Now().Add(patience))
			want := string(p.Header(netip.AddrPort{}, netip.AddrPort{})) + "hello"
			got := make([]byte, len(want))
			if _, err := io.ReadFull(backend, got); err != nil || string(got) != want {
				t.Errorf("got %q and %v, want %q", got, err, want)
			}
			backend.Close()
		})
	}
}

// A file that is left of a process that is gone is in nobody's way; anything else is.
func TestUnixPathThatIsThere(t *testing.T) {
	r := startRig(t)
	bindHere := func(addr Address) error {
		l, err := r.server.Bind("unix", addr, r.service, defaults())
		if err == nil {
			l.Close()
		}
		return err
	}
	addr := socketPath(t)
	live, err := net.ListenUnix("unix", &net.UnixAddr{Name: addr.Path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	live.SetUnlinkOnClose(false)
	if err := bindHere(addr); !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), addr.String()) || !strings.Contains(err.Error(), "ss -lxp") {
		t.Errorf("somebody listens: got %v, want %v that says how to look", err, syscall.EADDRINUSE)
	}
	live.Close()
	if err := bindHere(addr); err != nil {
		t.Errorf("nobody listens: got %v, want success", err)
	}
	if err := os.WriteFile(addr.Path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := bindHere(addr); err == nil || !strings.Contains(err.Error(), "isn't a socket") {
		t.Errorf("a file: got %v, want an error that says so", err)
	}
	if text, err := os.ReadFile(addr.Path); string(text) != "precious" {
		t.Errorf("got file %q and %v, want it as it was", text, err)
	}
	if err := bindHere(Address{Path: filepath.Join(filepath.Dir(addr.Path), "none", "s")}); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("no folder: got %v, want %v", err, syscall.ENOENT)
	}
	if err := bindHere(Address{Path: "/tmp/" + strings.Repeat("x", 103)}); err == nil || !strings.Contains(err.Error(), "108 bytes") {
		t.Errorf("a long path: got %v, want an error that says so", err)
	}
	// One of weir's own that doesn't listen yet isn't stale.
	own := socketPath(t)
	first, err := r.server.Bind("first", own, r.service, defaults())
	if err != nil {
		t.Fatal(err)
	}
	if err := bindHere(own); !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), `listener "first"`) {
		t.Errorf("one of its own: got %v, want %v that names it", err, syscall.EADDRINUSE)
	}
	first.Close()
}

// The file is removed by who closes the listener, not by who hands it over, and only if it
// is still the same.
func TestUnixFileIsRemoved(t *testing.T) {
	for _, test := range []struct {
		name string
		end  func(*rig, *Listener, Address)
		want bool // that it is there
	}{
		{"closed", func(_ *rig, l *Listener, _ Address) { l.Close() }, false},
		{"shut down", func(r *rig, _ *Listener, _ Address) { r.server.Shutdown(t.Context()) }, false},
		{"handed over", func(r *rig, _ *Listener, _ Address) { r.server.HandOver() }, true},
		{"another's", func(_ *rig, l *Listener, addr Address) {
			os.Remove(addr.Path)
			os.WriteFile(addr.Path, nil, 0o600)
			l.Close()
		}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := startRig(t)
			addr := socketPath(t)
			l := r.also(t, "unix", addr, defaults())
			test.end(r, l, addr)
			if _, err := os.Lstat(addr.Path); (err == nil) != test.want {
				t.Errorf("got %v, want the file to be there: %v", err, test.want)
			}
		})
	}
}
