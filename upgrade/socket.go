package upgrade

import (
	"fmt"
	"net/netip"
	"syscall"
)

// A Socket is one that clients connect to, and the address that it is bound to: one of AddrPort and Path.
type Socket struct {
	AddrPort netip.AddrPort `json:"addr,omitzero"`
	Path     string         `json:"path,omitempty"`
	FD       int            `json:"fd"`
	Remove   bool           `json:"remove,omitempty"` // the file at Path is for whoever serves last to remove
}

// String is the address.
func (s Socket) String() string {
	if s.Path != "" {
		return "unix:" + s.Path
	}
	return s.AddrPort.String()
}

// describe returns a listening stream socket with the address that the kernel knows it by.
func describe(fd int) (Socket, error) {
	if kind, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_TYPE); err != nil || kind != syscall.SOCK_STREAM {
		return Socket{}, fmt.Errorf("descriptor %d is no stream socket", fd)
	}
	if on, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN); err != nil || on == 0 {
		return Socket{}, fmt.Errorf("socket %d doesn't listen: with systemd, Accept= must be no", fd)
	}
	address, err := syscall.Getsockname(fd)
	if err != nil {
		return Socket{}, fmt.Errorf("getsockname: %w", err)
	}
	switch a := address.(type) {
	case *syscall.SockaddrInet4:
		return Socket{AddrPort: netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port)), FD: fd}, nil
	case *syscall.SockaddrInet6:
		return Socket{AddrPort: netip.AddrPortFrom(withZone(netip.AddrFrom16(a.Addr), a.ZoneId), uint16(a.Port)), FD: fd}, nil
	case *syscall.SockaddrUnix:
		return Socket{Path: a.Name, FD: fd}, nil
	}
	return Socket{}, fmt.Errorf("socket %d is of a family that can't be served", fd)
}
