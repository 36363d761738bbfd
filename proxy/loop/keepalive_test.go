//go:build linux && (amd64 || arm64)

package loop

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/proxy/session"
)

// What accepted sockets inherit can be changed while the socket listens, and turned off.
func TestPrepareAgain(t *testing.T) {
	s := newSolo(t, session.Settings{})
	socket := dup(t, s.listener)
	defer closeFD(socket)
	s.serve(-2, socket, s.front)
	for i, idle := range []time.Duration{time.Minute, 0, 1500 * time.Millisecond, 1000 * time.Hour, 0} {
		if err := New().Prepare(int(socket), session.Settings{KeepAlive: idle}); err != nil {
			t.Fatal(err)
		}
		want := min(int((idle+time.Second-1)/time.Second), maxKeepAlive)
		client := dialTo(t, s.listener)
		var c *conn
		s.until(t, "the client", func() bool {
			for _, side := range s.sides {
				if side != nil && side.conn.addr == addrPortOf(client.LocalAddr()) {
					c = side.conn
				}
			}
			return c != nil
		})
		option := func(level, name int) int {
			v, err := unix.GetsockoptInt(int(c.client.fd), level, name)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		if on := option(unix.SOL_SOCKET, unix.SO_KEEPALIVE) == 1; on != (idle > 0) {
			t.Errorf("round %d, %v: got it on: %v", i, idle, on)
		}
		if got := option(unix.IPPROTO_TCP, unix.TCP_KEEPIDLE); idle > 0 && got != want {
			t.Errorf("round %d, %v: got %d s, want %d", i, idle, got, want)
		}
		if option(unix.IPPROTO_TCP, unix.TCP_NODELAY) != 1 {
			t.Errorf("round %d: the client's side holds short segments back", i)
		}
	}
	s.shut(-2)
}
