package proxy

import (
	"context"
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

func TestKeepAliveOnBothSides(t *testing.T) {
	o := startOrigin(t, echo)
	r := startRig(t, o.addr)
	wantOptions(t, r, o, r.dial(t))
}

// A client may be there as soon as its listener listens, and before anybody accepts.
func TestKeepAliveOfAnEarlyClient(t *testing.T) {
	o := startOrigin(t, echo)
	r := newRig(t, o.addr)
	socket := r.listen(t)
	served := make(chan error, 1)
	ctx, end := context.WithCancel(context.Background())
	t.Cleanup(func() {
		end()
		if err := <-served; err != nil {
			t.Error(err)
		}
		<-r.shutDown(context.Background())
	})
	early := r.dial(t)
	go func() { served <- r.server.relay.Serve(ctx, socket, r.listener.Front) }()
	wantOptions(t, r, o, early)
}

// wantOptions checks what the relay sets on both its sockets of a session. That may be
// late, where a short session saves by it.
func wantOptions(t *testing.T, r *rig, o *origin, client *net.TCPConn) {
	t.Helper()
	for i := range 3 {
		if err := echoes(client, byte(i)); err != nil {
			t.Fatal(err)
		}
	}
	own := map[string]int{} // the relay's descriptors, by side
	for c, fd := range connections(t) {
		switch {
		case c.local == r.listener.Addr() && c.peer == client.LocalAddr().(*net.TCPAddr).AddrPort():
			own["client"] = fd
		case c.peer == o.addr:
			own["backend"] = fd
		}
	}
	for _, side := range []string{"client", "backend"} {
		fd, found := own[side]
		if !found {
			t.Fatalf("no connection to the %s among %v", side, connections(t))
		}
		for _, option := range []struct {
			name       string
			level, key int
			want       int
		}{
			{"SO_KEEPALIVE", unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
			{"TCP_KEEPIDLE", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 60},
			{"TCP_KEEPINTVL", unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 15},
			{"TCP_KEEPCNT", unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 4},
			{"TCP_NODELAY", unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
		} {
			until(t, option.name+" of the "+side+"'s side to be set", func() bool {
				got, err := unix.GetsockoptInt(fd, option.level, option.key)
				if err != nil {
					t.Fatal(err)
				}
				return got == option.want
			})
		}
	}
}

// Without a pipe bulk is copied.
func TestBulkWithoutPipes(t *testing.T) {
	o, conns := accepting(t)
	c := startChild(t, o.addr)
	client, backend := c.dial(t), <-conns
	if err := pass(client, backend, 3, 100); err != nil {
		t.Fatal(err)
	}
	pipes := c.pipes(t)
	c.limit(t, 0)
	if err := exchange(client, backend, bothAtOnce, 4, 9<<20, 7<<20); err != nil {
		t.Fatal(err)
	}
	if got := c.pipes(t); got != pipes {
		t.Errorf("got %d pipes, want no more than the %d", got, pipes)
	}
}
