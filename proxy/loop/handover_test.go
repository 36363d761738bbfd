//go:build linux && (amd64 || arm64)

package loop

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"

	"weir/proxy/session"
)

// Two relays share a listening socket as two generations of weir do. The one that hands
// it over takes nobody any more, and the other one notices nothing.
func TestHandOver(t *testing.T) {
	socket := listen(t)
	old, next := startRigWith(t, session.Settings{}, socket), startRigWith(t, session.Settings{}, socket)
	kept, backend := old.dialEither(t, next)
	old.handOver()
	before := old.front.Accepted.Load()
	var sides [][2]*net.TCPConn
	for range 50 {
		client, backend := next.dial(t)
		sides = append(sides, [2]*net.TCPConn{client, backend})
	}
	sides = append(sides, [2]*net.TCPConn{kept, backend})
	for i, s := range sides {
		exchange(t, s[0], s[1], byte(i))
	}
	if got := old.front.Accepted.Load(); got != before {
		t.Errorf("got %d accepted by the old relay after it handed over, want none", got-before)
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) {
		flags, err := unix.FcntlInt(fd, unix.F_GETFL, 0)
		if err != nil || flags&unix.O_NONBLOCK == 0 {
			t.Errorf("got flags %#x and %v of the socket, want it non-blocking as before", flags, err)
		}
	})
	// A descriptor that is closed while an epoll instance has it stays there as long as
	// the socket does.
	old.inside(func(l *loop) {
		for fd := range int32(200) {
			if l.told(t, fd) && fd != l.wakeUp && l.sides[fd] == nil {
				t.Errorf("a loop of the old relay is still told of descriptor %d", fd)
			}
		}
	})
}

// A client for which a loop was woken that has no place is known to nobody else: it isn't
// left in the queue for others, who would learn of it with the next client only.
func TestHandOverWithoutAPlace(t *testing.T) {
	socket := listen(t)
	r := startRigWith(t, session.Settings{MaxConnections: 1}, socket)
	r.dial(t)
	for range 10 {
		r.knock(t)
	}
	until(t, "a loop without a place", func() bool { return r.full() > 0 })
	full := r.full()
	r.handOver()
	for range full {
		r.joined(t)
	}
	if got, most := r.front.Accepted.Load(), uint64(1+r.relay.size); got > most {
		t.Errorf("got %d accepted, want %d at most: the queue is another's", got, most)
	}
}

// The same goes for one that a loop couldn't accept for want of descriptors.
func TestHandOverInAPause(t *testing.T) {
	s := newSolo(t, session.Settings{})
	socket := dup(t, s.listener)
	defer closeFD(socket)
	s.serve(-2, socket, s.front)
	if missed := s.shut(-2); missed {
		t.Error("it waits for clients, want none missed")
	}
	s.serve(-3, socket, s.front)
	a := s.acceptors[0]
	dialTo(t, s.listener)
	limitDescriptors(t, 3)
	s.until(t, "accept to fail", a.timer.isSet)
	limitDescriptors(t, 20_000)
	if missed := s.shut(-3); !missed {
		t.Error("it pauses, want it said that a client may have been missed")
	}
}
