//go:build linux && (amd64 || arm64)

package loop

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// An address is a socket address as the kernel has it.
type address struct {
	raw  unix.RawSockaddrInet6 // or, by its family, an IPv4 one, which is shorter
	size uint32
}

// set makes it the address to connect to.
func (a *address) set(to netip.AddrPort) (family int) {
	if ip := to.Addr().Unmap(); ip.Is4() {
		four := a.four()
		*four = unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: ip.As4()}
		setPort(&four.Port, to.Port())
		a.size = uint32(unsafe.Sizeof(*four))
		return unix.AF_INET
	}
	a.raw = unix.RawSockaddrInet6{Family: unix.AF_INET6, Addr: to.Addr().As16(), Scope_id: zone(to.Addr())}
	setPort(&a.raw.Port, to.Port())
	a.size = uint32(unsafe.Sizeof(a.raw))
	return unix.AF_INET6
}

// get returns the address that the kernel has filled in; zero of a unix socket.
func (a *address) get() netip.AddrPort {
	if a.raw.Family == unix.AF_UNIX {
		return netip.AddrPort{}
	}
	if a.raw.Family == unix.AF_INET {
		four := a.four()
		return netip.AddrPortFrom(netip.AddrFrom4(four.Addr), port(&four.Port))
	}
	ip := netip.AddrFrom16(a.raw.Addr).Unmap()
	if a.raw.Scope_id != 0 {
		ip = ip.WithZone(strconv.Itoa(int(a.raw.Scope_id)))
	}
	return netip.AddrPortFrom(ip, port(&a.raw.Port))
}

func (a *address) four() *unix.RawSockaddrInet4 {
	return (*unix.RawSockaddrInet4)(unsafe.Pointer(&a.raw))
}

// Ports are in network order.

func port(p *uint16) uint16 {
	b := (*[2]byte)(unsafe.Pointer(p))
	return uint16(b[0])<<8 | uint16(b[1])
}

func setPort(p *uint16, n uint16) { *(*[2]byte)(unsafe.Pointer(p)) = [2]byte{byte(n >> 8), byte(n)} }

// zone is the interface that a link-local address belongs to, by name or number; 0 is none.
func zone(ip netip.Addr) uint32 {
	if ip.Zone() == "" {
		return 0
	}
	if iface, err := net.InterfaceByName(ip.Zone()); err == nil {
		return uint32(iface.Index)
	}
	n, _ := strconv.ParseUint(ip.Zone(), 10, 32) // what is neither fails to connect
	return uint32(n)
}

// firstLocalPort is the least port that the kernel takes for a connect. (IPv6 has the
// same range.)
func firstLocalPort() (first uint16) {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return 0 // any, for all we know
	}
	fmt.Sscan(string(text), &first)
	return first
}
