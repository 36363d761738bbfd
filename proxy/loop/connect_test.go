//go:build linux && (amd64 || arm64)

package loop

import (
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"weir/balance"
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
		pool := balance.NewPool(balance.Catalog, nil)
		pool.Update([]balance.Member{{Name: "node/web", Addr: to, CatalogWeight: 1}})
		if got := l.toItself(fd, pool.Pick()); got != self {
			t.Errorf("connected from %s to %s: got %v, want %v", bound.get(), to, got, self)
		}
	}
}
