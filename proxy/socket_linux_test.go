package proxy

import (
	"context"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/proxy/session"
)

func TestKeepAliveOnBothSides(t *testing.T) {
	o := startOrigin(t, echo)
	r := startRig(t, o.addr)
	wantOptions(t, r, o, r.dial(t), 60)
}

// Off is off, and what is changed holds for the clients to come.
func TestKeepAliveIsChanged(t *testing.T) {
	o := startOrigin(t, echo)
	r := newRig(t, o.addr)
	r.configure(func(s *session.Settings) { s.KeepAlive = 0 })
	r.serve(t)
	first := r.dial(t)
	wantOptions(t, r, o, first, 0)
	first.Close()
	r.finished(t, 1)
	r.configure(func(s *session.Settings) { s.KeepAlive = 42 * time.Second })
	second := r.dial(t)
	wantOptions(t, r, o, second, 42)
	second.Close()
	r.finished(t, 2)
	r.configure(func(s *session.Settings) { s.KeepAlive = 0 })
	wantOptions(t, r, o, r.dial(t), 0)
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
	wantOptions(t, r, o, early, 60)
}

// wantOptions checks what the relay sets on both its sockets of a session. That may be
// late, where a short session saves by it. Idle is in seconds, 0 for no keep-alive.
func wantOptions(t *testing.T, r *rig, o *origin, client *net.TCPConn, idle int) {
	t.Helper()
	for i := range 3 {
		if err := echoes(client, byte(i)); err != nil {
			t.Fatal(err)
		}
	}
	own := map[string]int{} // the relay's descriptors, by side
	for c, fd := range connections(t) {
		switch {
		case c.local == r.listener.Addr().AddrPort && c.peer == client.LocalAddr().(*net.TCPAddr).AddrPort():
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
		type option struct {
			name       string
			level, key int
			want       int
		}
		options := []option{
			{"SO_KEEPALIVE", unix.SOL_SOCKET, unix.SO_KEEPALIVE, min(idle, 1)},
			{"TCP_NODELAY", unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
		}
		if idle > 0 {
			options = append(options,
				option{"TCP_KEEPIDLE", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, idle},
				option{"TCP_KEEPINTVL", unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 15},
				option{"TCP_KEEPCNT", unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 4})
		}
		for _, option := range options {
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
