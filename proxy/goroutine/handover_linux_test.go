package goroutine

import (
	"errors"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/proxy/session"
)

// Two relays share a listening socket as two generations of weir do. The one that hands
// it over takes nobody any more; the other one notices nothing, and the socket never blocks.
func TestHandOver(t *testing.T) {
	socket := listen(t)
	over := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() { neverBlocks(t, socket, over) })
	old, next := serve(t, New(), socket, session.Settings{}), serve(t, New(), socket, session.Settings{})
	knock(t, socket, 20)
	until(t, "the clients to be taken", func() bool { return old.front.Accepted.Load()+next.front.Accepted.Load() == 20 })
	old.end(session.ErrHandedOver)
	before := old.front.Accepted.Load()
	knock(t, socket, 10)
	until(t, "the clients to be taken", func() bool { return before+next.front.Accepted.Load() == 30 })
	close(over)
	watching.Wait()
	if got := old.front.Accepted.Load(); got != before {
		t.Errorf("got %d accepted by the old relay after it handed over, want none", got-before)
	}
	old.accept(t, int(before))
	next.accept(t, 30-int(before))
}

// knock returns clients that may have to wait.
func knock(t *testing.T, socket net.Listener, n int) (clients []net.Conn) {
	t.Helper()
	for range n {
		conn, err := net.Dial("tcp", socket.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		clients = append(clients, conn)
	}
	return clients
}

// accept returns n backends' ends of sessions.
func (r *rig) accept(t *testing.T, n int) (backends []net.Conn) {
	t.Helper()
	r.behind.SetDeadline(time.Now().Add(patience))
	for range n {
		conn, err := r.behind.Accept()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		backends = append(backends, conn)
	}
	return backends
}

// neverBlocks looks at the mode that all who share the socket have in common.
func neverBlocks(t *testing.T, socket syscall.Conn, over <-chan struct{}) {
	raw, err := socket.SyscallConn()
	if err != nil {
		t.Error(err)
		return
	}
	for looks := 0; ; looks++ {
		select {
		case <-over:
			if looks < 100 {
				t.Errorf("looked %d times only", looks)
			}
			return
		default:
		}
		raw.Control(func(fd uintptr) {
			if flags, err := unix.FcntlInt(fd, unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK == 0 {
				t.Errorf("got flags %#x and %v of the socket, want it non-blocking", flags, err)
			}
		})
	}
}

// Who waits is left to the one that has the socket next.
func TestHandOverLeavesTheQueue(t *testing.T) {
	socket := listen(t)
	old := serve(t, New(), socket, session.Settings{MaxConnections: 1})
	old.dial(t)
	waiting := knock(t, socket, 5)
	old.end(session.ErrHandedOver)
	next := serve(t, New(), socket, session.Settings{})
	next.accept(t, 5)
	for _, c := range waiting {
		c.Close()
	}
	if got := old.front.Accepted.Load(); got != 1 {
		t.Errorf("got %d accepted by the old relay, want the 1 that it had a place for", got)
	}
}

// A queue that is closed, not handed over, is served to the last, though there be no place.
func TestCloseTakesTheQueue(t *testing.T) {
	socket := listen(t)
	r := serve(t, New(), socket, session.Settings{MaxConnections: 1})
	r.dial(t)
	knock(t, socket, 5)
	if got := r.front.Accepted.Load(); got != 1 {
		t.Errorf("got %d accepted, want 1: there is one place", got)
	}
	r.end(errors.New("closed"))
	if got := r.front.Accepted.Load(); got != 6 {
		t.Errorf("got %d accepted, want the 5 that waited too", got)
	}
	r.accept(t, 5)
}
