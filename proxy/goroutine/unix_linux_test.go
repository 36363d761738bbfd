package goroutine

import (
	"errors"
	"io"
	"net"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sync/errgroup"

	"weir/proxy/session"
)

func serveUnix(t *testing.T) *rig {
	t.Helper()
	ln, err := net.Listen("unix", filepath.Join(t.TempDir(), "front"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return serve(t, New(), ln, session.Settings{MaxConnectionsPerClient: 1})
}

// Bulk is spliced between a unix socket and a TCP one, both ways, and ends go through.
func TestUnixBulkAndEnds(t *testing.T) {
	for name, size := range map[string]int64{"up": 40<<20 + 1, "down": 30<<20 + 7} {
		t.Run(name, func(t *testing.T) {
			r := serveUnix(t)
			r.dial(t) // clients without an address are not one client
			client, backend := r.dial(t)
			from, to := client, net.Conn(backend)
			if name == "down" {
				from, to = to, from
			}
			var g errgroup.Group
			g.Go(func() error {
				if _, err := from.Write(make([]byte, size)); err != nil {
					return err
				}
				return from.(interface{ CloseWrite() error }).CloseWrite()
			})
			got, err := io.Copy(io.Discard, struct{ io.Reader }{to})
			if err := errors.Join(err, g.Wait()); err != nil || got != size {
				t.Fatalf("got %d bytes and %v, want %d and the end", got, err, size)
			}
			if r.relay.pipes.open.Load() == 0 {
				t.Error("got no pipe, want the bytes spliced")
			}
			to.Close()
			if got := r.ends(t, 1)[0]; got != string(session.Complete) {
				t.Errorf("got end %s, want %s", got, session.Complete)
			}
		})
	}
}

// A client that sends and closes at once has ended, as on TCP: it isn't lost.
func TestUnixClientSendsAndCloses(t *testing.T) {
	r := serveUnix(t)
	client, backend := r.dial(t)
	const size = 100_000
	if _, err := client.Write(make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	client.Close()
	if got, err := io.ReadAll(backend); len(got) != size || err != nil {
		t.Errorf("got %d bytes and %v, want %d and the end", len(got), err, size)
	}
	backend.Close()
	if got := r.ends(t, 1)[0]; got != string(session.Complete) {
		t.Errorf("got end %s, want %s", got, session.Complete)
	}
}

// A client that closes with bytes unread resets, and the backend is told.
func TestUnixClientResets(t *testing.T) {
	r := serveUnix(t)
	client, backend := r.dial(t)
	if _, err := backend.Write([]byte("unread")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(client, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	client.Close()
	if n, err := backend.Read(make([]byte, 1)); n != 0 || !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %d bytes and %v, want %v", n, err, syscall.ECONNRESET)
	}
	if got := r.ends(t, 1)[0]; got != string(session.ClientReset) {
		t.Errorf("got end %s, want %s", got, session.ClientReset)
	}
}
