package proxy

import (
	"fmt"
	"io/fs"
	"maps"
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

// socketsOf counts the sockets that a process has open.
func socketsOf(t *testing.T, process string) (n int) {
	t.Helper()
	for _, what := range descriptorsOf(t, process) {
		if strings.HasPrefix(what, "socket:") {
			n++
		}
	}
	return n
}

// pipesOf returns the pipes of which a process has both ends, with a descriptor to read
// from. Standard input and its like don't count.
func pipesOf(t *testing.T, process string) map[string]int {
	t.Helper()
	const read, write = 0o400, 0o200 // permissions of the link: how the descriptor is open
	ends := map[string]fs.FileMode{}
	pipes := map[string]int{}
	for fd, what := range descriptorsOf(t, process) {
		if !strings.HasPrefix(what, "pipe:") {
			continue
		}
		link, err := os.Lstat(filepath.Join("/proc", process, "fd", strconv.Itoa(fd)))
		if err != nil {
			continue // closed since
		}
		ends[what] |= link.Mode() & (read | write)
		if link.Mode()&read != 0 {
			pipes[what] = fd
		}
	}
	maps.DeleteFunc(pipes, func(what string, _ int) bool { return ends[what] != read|write })
	return pipes
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
