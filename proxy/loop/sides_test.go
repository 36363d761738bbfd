//go:build linux && (amd64 || arm64)

package loop

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
)

// reset closes so that the peer sees a reset.
func reset(conn net.Conn) {
	conn.(*net.TCPConn).SetLinger(0)
	conn.Close()
}

func isReset(err error) bool { return errors.Is(err, syscall.ECONNRESET) }

// exchange sends a byte there and another one back.
func exchange(t *testing.T, client, backend net.Conn, b byte) {
	t.Helper()
	for _, way := range [][2]net.Conn{{client, backend}, {backend, client}} {
		b += 100
		if _, err := way[0].Write([]byte{b}); err != nil {
			t.Error(err)
		}
		var got [1]byte
		if _, err := io.ReadFull(way[1], got[:]); err != nil || got[0] != b {
			t.Errorf("got %d and %v, want %d", got[0], err, b)
		}
	}
}

// live is how many sessions there are.
func (r *rig) live() (n int) {
	r.inside(func(l *loop) { n += int(l.live.Load()) })
	return n
}

// full is how many loops take no client for want of a place.
func (r *rig) full() (n int) {
	r.inside(func(l *loop) {
		for _, a := range l.acceptors {
			if a.full {
				n++
			}
		}
	})
	return n
}

// dialEither has a client come to a socket that two relays share.
func (r *rig) dialEither(t *testing.T, other *rig) (client, backend *net.TCPConn) {
	t.Helper()
	client = r.knock(t)
	select {
	case backend = <-r.conns:
	case backend = <-other.conns:
	}
	return client, backend
}

// dialTo has a client come that may have to wait.
func dialTo(t *testing.T, ln net.Listener) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}
