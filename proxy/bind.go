package proxy

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"syscall"
)

// A socket is bound to an address, and listens when told to. The net package
// does both in one step, hence the system calls.
type socket struct {
	addr netip.AddrPort
	fd   int // no longer its own, and -1, once it listens or is closed
}

// backlog asks for the longest queue: the kernel cuts it to its own limit
// (net.core.somaxconn).
const backlog = 65535

// bind takes a TCP address. The unspecified IPv6 address takes IPv4 too.
func bind(addr netip.AddrPort) (*socket, error) {
	s, err := bindFamily(addr)
	if errors.Is(err, syscall.EAFNOSUPPORT) && addr.Addr() == netip.IPv6Unspecified() {
		s, err = bindFamily(netip.AddrPortFrom(netip.IPv4Unspecified(), addr.Port())) // a host without IPv6
	}
	if err != nil {
		return nil, fmt.Errorf("bind %s: %w", addr, err)
	}
	return s, nil
}

func bindFamily(addr netip.AddrPort) (*socket, error) {
	family := syscall.AF_INET6
	var sa syscall.Sockaddr = &syscall.SockaddrInet6{Addr: addr.Addr().As16(), Port: int(addr.Port()), ZoneId: zone(addr.Addr())}
	if addr.Addr().Unmap().Is4() {
		family = syscall.AF_INET
		sa = &syscall.SockaddrInet4{Addr: addr.Addr().Unmap().As4(), Port: int(addr.Port())}
	}
	syscall.ForkLock.RLock() // no child may inherit it between socket and close-on-exec
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	s := &socket{fd: fd}
	if err := s.take(family, sa, addr); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// take binds the socket to the address.
func (s *socket) take(family int, sa syscall.Sockaddr, addr netip.AddrPort) error {
	type option struct{ level, name, value int }
	options := []option{{syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1}} // a restart must not wait for the old connections' TIME_WAIT
	if family == syscall.AF_INET6 {
		only := option{syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY, 1}
		if addr.Addr().IsUnspecified() {
			only.value = 0
		}
		options = append(options, only)
	}
	for _, o := range options {
		if err := syscall.SetsockoptInt(s.fd, o.level, o.name, o.value); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	if err := syscall.Bind(s.fd, sa); err != nil {
		return explain(err)
	}
	bound, err := syscall.Getsockname(s.fd)
	if err != nil {
		return os.NewSyscallError("getsockname", err)
	}
	switch b := bound.(type) {
	case *syscall.SockaddrInet4:
		s.addr = netip.AddrPortFrom(addr.Addr(), uint16(b.Port))
	case *syscall.SockaddrInet6:
		s.addr = netip.AddrPortFrom(addr.Addr(), uint16(b.Port))
	}
	return nil
}

// zone is the interface that a link-local address belongs to, by name or number; 0 is none.
func zone(addr netip.Addr) uint32 {
	if iface, err := net.InterfaceByName(addr.Zone()); err == nil {
		return uint32(iface.Index)
	}
	n, _ := strconv.ParseUint(addr.Zone(), 10, 32) // what is neither fails to bind
	return uint32(n)
}

// listen begins to take connections, on a descriptor that is the caller's. It fails
// if another socket came to listen on the address in the meantime.
func (s *socket) listen() (fd int, err error) {
	if err := syscall.Listen(s.fd, backlog); err != nil {
		s.close()
		return -1, fmt.Errorf("listen on %s: %w", s.addr, os.NewSyscallError("listen", err))
	}
	fd, s.fd = s.fd, -1
	return fd, nil
}

// explain adds what an operator can do about it.
func explain(err error) error {
	switch {
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%w: ports below 1024 need root, or the capability CAP_NET_BIND_SERVICE", err)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%w: this host doesn't have that address", err)
	}
	return err
}

// close gives back the address of a socket that doesn't listen. Once it does, that is
// the relay's to do.
func (s *socket) close() {
	if s.fd >= 0 {
		syscall.Close(s.fd)
		s.fd = -1
	}
}
