//go:build linux && (amd64 || arm64)

package loop

import (
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"weir/balance"
	"weir/proxy/session"
)

// A socket that the kernel gave the very port that it connects to is connected to
// itself: that is no backend.
func TestConnectedToItself(t *testing.T) {
	l := &loop{localPorts: 1}
	for _, self := range []bool{true, false} {
		fd, err := newSocket(l.to.set(netip.MustParseAddrPort("127.0.0.1:0")))
		if err != 0 {
			t.Fatal(err)
		}
		defer closeFD(fd)
		if err := unix.Bind(int(fd), &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
			t.Fatal(err)
		}
		var bound address
		getName(fd, &bound)
		to := bound.get()
		if !self {
			to = listen(t).Addr().(interface{ AddrPort() netip.AddrPort }).AddrPort()
		}
		l.to.set(to)
		if err := connect(fd, &l.to); err != 0 && err != unix.EINPROGRESS {
			t.Fatal(err)
		}
		pool := balance.NewPool(nil)
		pool.Update([]balance.Member{{Name: "node/web", Addr: to, CatalogWeight: 1}}, balance.Admission{Rule: balance.Catalog})
		if got := l.toItself(fd, pool.Pick()); got != self {
			t.Errorf("connected from %s to %s: got %v, want %v", bound.get(), to, got, self)
		}
	}
}

// The events of a connect that failed are not taken for those of the next backend's
// connection, which may have the same descriptor.
func TestEventsOfAFailedConnect(t *testing.T) {
	s := newSolo(t, session.Settings{})
	s.service.Retries = 1
	silent, good := silentAddr(t), addrOf(s.backend)
	s.backends(silent)
	_, c := s.begin(t, "hello")
	if c.state != connecting {
		t.Fatalf("got state %d at a backend that doesn't answer, want %d", c.state, connecting)
	}
	s.backends(silent, good)
	s.happened(&c.server, unix.EPOLLERR|unix.EPOLLHUP|unix.EPOLLIN|unix.EPOLLOUT)
	if c.state != joined || c.server.lost || c.backend.Addr() != good {
		t.Errorf("got state %d, backend %v, lost: %v; want state %d with the good one", c.state, c.backend, c.server.lost, joined)
	}
}

// silentAddr returns an address that answers no connect: its queue is full.
func silentAddr(t *testing.T) netip.AddrPort {
	t.Helper()
	var a address
	server, _ := newSocket(a.set(netip.MustParseAddrPort("127.0.0.1:0")))
	t.Cleanup(func() { closeFD(server) })
	if err := unix.Bind(int(server), &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(int(server), 0); err != nil {
		t.Fatal(err)
	}
	getName(server, &a)
	for range 100 {
		fd, _ := newSocket(unix.AF_INET)
		t.Cleanup(func() { closeFD(fd) })
		connect(fd, &a)
		if _, err := send(fd, nil); err == unix.EAGAIN {
			return a.get()
		}
	}
	t.Fatal("the queue does not fill")
	return netip.AddrPort{}
}
