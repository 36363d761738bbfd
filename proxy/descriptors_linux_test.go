package proxy

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// What a process holds is seen from outside: no test looks inside a relay.

// descriptorsOf returns what a process has open, by number. It is "self" or a process ID.
func descriptorsOf(t *testing.T, process string) map[int]string {
	t.Helper()
	dir := filepath.Join("/proc", process, "fd")
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	open := map[int]string{}
	for _, e := range entries {
		what, err := os.Readlink(filepath.Join(dir, e.Name()))
		if err != nil {
			continue // closed since, as the one for the folder itself
		}
		fd, err := strconv.Atoi(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		open[fd] = what
	}
	return open
}

// pipesOf counts the ends of pipes that a process has open.
func pipesOf(t *testing.T, process string) int { t.Helper(); return count(t, process, "pipe:") }

// socketsOf counts the sockets that a process has open.
func socketsOf(t *testing.T, process string) int { t.Helper(); return count(t, process, "socket:") }

func count(t *testing.T, process, kind string) (n int) {
	t.Helper()
	for _, what := range descriptorsOf(t, process) {
		if strings.HasPrefix(what, kind) {
			n++
		}
	}
	return n
}

// A connection of this process, as one of its two ends has it.
type connection struct{ local, peer netip.AddrPort }

func (c connection) String() string { return fmt.Sprintf("%s to %s", c.local, c.peer) }

// connections returns this process's TCP connections, with a descriptor of each.
func connections(t *testing.T) map[connection]int {
	t.Helper()
	found := map[connection]int{}
	for fd, what := range descriptorsOf(t, "self") {
		if !strings.HasPrefix(what, "socket:") {
			continue
		}
		local, err := unix.Getsockname(fd)
		if err != nil {
			continue
		}
		peer, err := unix.Getpeername(fd)
		if err != nil {
			continue // it listens, or is lost
		}
		found[connection{addrPort(local), addrPort(peer)}] = fd
	}
	return found
}

func addrPort(sa unix.Sockaddr) netip.AddrPort {
	switch a := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr).Unmap(), uint16(a.Port))
	}
	return netip.AddrPort{}
}
