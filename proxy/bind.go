package proxy

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"syscall"
)

// bind takes an address. It refuses connections until it listens.
func bind(addr Address) (*socket, error) {
	if addr.Path != "" {
		return bindPath(addr)
	}
	return bindPort(addr)
}

func bindPort(addr Address) (*socket, error) {
	family, sa := addr.network()
	s, err := newSocket(family, addr)
	if err != nil {
		return nil, err
	}
	if err := s.take(family, sa); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// take binds the socket to a TCP address.
func (s *socket) take(family int, sa syscall.Sockaddr) error {
	type option struct{ level, name, value int }
	options := []option{{syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1}} // a restart must not wait for the old connections' TIME_WAIT
	if family == syscall.AF_INET6 {
		only := option{syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY, 1}
		if s.addr.AddrPort.Addr().IsUnspecified() {
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
		return err
	}
	name, err := syscall.Getsockname(s.fd)
	if err != nil {
		return os.NewSyscallError("getsockname", err)
	}
	s.addr.AddrPort = netip.AddrPortFrom(s.addr.AddrPort.Addr(), portOf(name))
	return nil
}

func portOf(name syscall.Sockaddr) uint16 {
	switch n := name.(type) {
	case *syscall.SockaddrInet4:
		return uint16(n.Port)
	case *syscall.SockaddrInet6:
		return uint16(n.Port)
	}
	return 0
}

// explain says what failed, and what an operator can do about it. Holder is who is known
// to have the address, "" if nobody is.
func explain(doing string, addr Address, err error, holder string) error {
	return fmt.Errorf("%s %s: %w%s", doing, addr, err, advice(addr, err, holder))
}

func advice(addr Address, err error, holder string) string {
	port := addr.AddrPort.Port()
	switch {
	case errors.Is(err, syscall.EADDRINUSE) && holder != "":
		return ": " + holder + " has it"
	case errors.Is(err, syscall.EADDRINUSE) && addr.Path != "":
		return `: a process listens there; "ss -lxp" as root names it`
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Sprintf(`: another process has it; "ss -ltnp sport = :%d" as root names it`, port)
	case addr.AddrPort.Addr().Zone() != "" && (errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENODEV)):
		return fmt.Sprintf(": this host has no interface %q", addr.AddrPort.Addr().Zone())
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return ": this host doesn't have that address"
	case errors.Is(err, syscall.EACCES) && addr.Path == "" && port < 1024:
		return ": ports below 1024 need root, or the capability CAP_NET_BIND_SERVICE (systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE)"
	case errors.Is(err, syscall.EACCES) && addr.Path != "":
		return ": weir's user may not create a file there"
	case errors.Is(err, syscall.ENOENT) && addr.Path != "":
		return ": the folder must be there before"
	}
	return ""
}
