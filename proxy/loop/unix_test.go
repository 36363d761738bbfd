//go:build linux && (amd64 || arm64)

package loop

import (
	"errors"
	"io"
	"net"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"weir/proxy/session"
)

func startUnixRig(t *testing.T) *rig {
	t.Helper()
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: filepath.Join(t.TempDir(), "front")})
	if err != nil {
		t.Fatal(err)
	}
	return startRigWith(t, session.Settings{KeepAlive: time.Minute, MaxConnectionsPerClient: 1}, ln)
}

// dialUnix returns both ends of a session.
func (r *rig) dialUnix(t *testing.T) (client *net.UnixConn, backend *net.TCPConn) {
	t.Helper()
	conn, err := net.Dial("unix", r.socket.(net.Listener).Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	return conn.(*net.UnixConn), r.joined(t)
}

// Bulk is spliced between a unix socket and a TCP one, both ways, and ends go through.
func TestUnixBulkAndEnds(t *testing.T) {
	r := startUnixRig(t)
	r.dialUnix(t) // clients without an address are not one client
	client, backend := r.dialUnix(t)
	exchange(t, client, backend, 1)
	for _, way := range []struct {
		name     string
		from, to interface {
			net.Conn
			CloseWrite() error
		}
		flow func(*conn) *flow
	}{
		{"up", client, backend, func(c *conn) *flow { return &c.up }},
		{"down", backend, client, func(c *conn) *flow { return &c.down }},
	} {
		const size = 48<<20 + 1
		var g errgroup.Group
		g.Go(func() error {
			if _, err := way.from.Write(make([]byte, size)); err != nil { // faster than it is read
				return err
			}
			return way.from.CloseWrite()
		})
		spliced := 0
		for range 16 {
			if _, err := io.CopyN(io.Discard, onlyReader{way.to}, size/32); err != nil {
				t.Fatalf("%s: %v", way.name, err)
			}
			r.inside(func(l *loop) {
				for _, s := range l.sides {
					if s != nil && way.flow(s.conn).bulk() {
						spliced++
					}
				}
			})
		}
		if spliced == 0 {
			t.Errorf("%s: got a flow that is copied, want it spliced", way.name)
		}
		rest, err := io.Copy(io.Discard, onlyReader{way.to})
		if err := errors.Join(err, g.Wait()); err != nil || rest != size-16*(size/32) {
			t.Fatalf("%s: got %d bytes more and %v, want %d and the end", way.name, rest, err, size-16*(size/32))
		}
	}
	until(t, "the session to end", func() bool { return r.live() == 1 })
}

// A client that closes with bytes unread resets, and the backend is told.
func TestUnixClientReset(t *testing.T) {
	r := startUnixRig(t)
	client, backend := r.dialUnix(t)
	exchange(t, client, backend, 1)
	if _, err := backend.Write([]byte("unread")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(client, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	client.Close()
	if _, err := backend.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v, want %v", err, syscall.ECONNRESET)
	}
	until(t, "the session to end", func() bool { return r.live() == 0 })
}

// A unix socket knows no reset from the one that closes, unless there is something that
// it hasn't read: the client sees all that came before, then the end.
func TestUnixBackendReset(t *testing.T) {
	r := startUnixRig(t)
	client, backend := r.dialUnix(t)
	exchange(t, client, backend, 1)
	if _, err := backend.Write([]byte("last words")); err != nil {
		t.Fatal(err)
	}
	reset(backend)
	got, err := io.ReadAll(client)
	if string(got) != "last words" || err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %q and %v, want all that was sent before, then an end", got, err)
	}
	until(t, "the session to end", func() bool { return r.live() == 0 })
}
