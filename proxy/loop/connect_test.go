//go:build linux && (amd64 || arm64)

package loop

import (
	"net"
	"net/netip"
	"testing"

	"github.com/hashicorp/go-hclog"
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
	l, err := newLoop()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.poller.close)
	silent, good := silentAddr(t), listen(t)
	defer good.Close()
	pool := balance.NewPool(nil)
	members := []balance.Member{{Name: "node/silent", Addr: silent, CatalogWeight: 1}}
	pool.Update(members, balance.Admission{Rule: balance.Catalog})
	front := session.NewFront("front", &session.Service{Name: "web", Pool: pool, ConnectTimeout: patience, Retries: 1}, session.Settings{}, nil, hclog.NewNullLogger())
	client, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(client[1])
	l.count()
	l.begin(arrival{fd: int32(client[0]), front: front})
	c := l.sides[client[0]].conn
	if c.state != connecting {
		t.Fatalf("got state %d at a backend that doesn't answer, want %d", c.state, connecting)
	}
	members = append(members, balance.Member{Name: "node/good", Addr: good.Addr().(*net.TCPAddr).AddrPort(), CatalogWeight: 1})
	pool.Update(members, balance.Admission{Rule: balance.Catalog})
	l.happened(&c.server, unix.EPOLLERR|unix.EPOLLHUP|unix.EPOLLIN|unix.EPOLLOUT)
	if c.state != joined || c.server.lost || c.backend.Name() != "node/good" {
		t.Errorf("got state %d, backend %v, lost: %v; want state %d with the good one", c.state, c.backend, c.server.lost, joined)
	}
	l.abort(c)
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
