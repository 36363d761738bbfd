package proxy

import (
	"net"
	"net/netip"
	"strconv"
	"syscall"
)

// An Address is what a listener is bound to: exactly one of its fields is set.
type Address struct {
	AddrPort netip.AddrPort // port 0: any free one. The unspecified IPv6 address takes IPv4 too
	Path     string         // of a unix socket, absolute
}

// String returns it as the configuration has it.
func (a Address) String() string {
	if a.Path != "" {
		return "unix:" + a.Path
	}
	return a.AddrPort.String()
}

// network returns the address as the system calls have it.
func (a Address) network() (family int, sa syscall.Sockaddr) {
	ip, port := a.AddrPort.Addr(), int(a.AddrPort.Port())
	switch {
	case a.Path != "":
		return syscall.AF_UNIX, &syscall.SockaddrUnix{Name: a.Path}
	case ip.Unmap().Is4():
		return syscall.AF_INET, &syscall.SockaddrInet4{Addr: ip.Unmap().As4(), Port: port}
	}
	return syscall.AF_INET6, &syscall.SockaddrInet6{Addr: ip.As16(), Port: port, ZoneId: zone(ip)}
}

// is reports whether the kernel's name of a socket is this very address. Port 0 is no address yet.
func (a Address) is(name syscall.Sockaddr) bool {
	_, own := a.network()
	switch own := own.(type) {
	case *syscall.SockaddrInet4:
		name, ok := name.(*syscall.SockaddrInet4)
		return ok && own.Port != 0 && own.Port == name.Port && own.Addr == name.Addr
	case *syscall.SockaddrInet6:
		name, ok := name.(*syscall.SockaddrInet6)
		return ok && own.Port != 0 && own.Port == name.Port && own.Addr == name.Addr && own.ZoneId == name.ZoneId
	case *syscall.SockaddrUnix:
		name, ok := name.(*syscall.SockaddrUnix)
		return ok && own.Name == name.Name
	}
	return false
}

// overlaps reports whether a socket with one of the addresses keeps another from the other.
func (a Address) overlaps(b Address) bool {
	if a.Path != "" || b.Path != "" {
		return a.Path == b.Path
	}
	one, other := a.AddrPort.Addr().Unmap(), b.AddrPort.Addr().Unmap()
	return a.AddrPort.Port() == b.AddrPort.Port() && (one == other || covers(one, other) || covers(other, one))
}

// covers reports whether all is an unspecified address that one belongs to.
func covers(all, one netip.Addr) bool {
	return all == netip.IPv6Unspecified() || all == netip.IPv4Unspecified() && one.Is4()
}

// zone is the interface that a link-local address belongs to, by name or number; 0 is none.
func zone(addr netip.Addr) uint32 {
	if addr.Zone() == "" {
		return 0
	}
	if iface, err := net.InterfaceByName(addr.Zone()); err == nil {
		return uint32(iface.Index)
	}
	n, _ := strconv.ParseUint(addr.Zone(), 10, 32) // what is neither fails to bind
	return uint32(n)
}
