package proxy

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"
)

// A Socket is one that is handed from process to process. It may listen already.
type Socket struct {
	Address Address
	FD      int
	Remove  bool // a unix socket's file is weir's, to be removed in the end: not if systemd made it
}

// Inherit takes sockets over, which are the server's from now on. Bind uses those that have
// the address that it is asked for.
func (s *Server) Inherit(sockets []Socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, in := range sockets {
		syscall.CloseOnExec(in.FD)
		syscall.SetNonblock(in.FD, true) // systemd's are blocking
		s.inherited = append(s.inherited, in)
	}
	if s.closing {
		s.dropLocked()
	}
}

// DropInherited closes the inherited sockets that no Bind took.
func (s *Server) DropInherited() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropLocked()
}

func (s *Server) dropLocked() {
	for _, in := range s.inherited {
		syscall.Close(in.FD)
	}
	s.inherited = nil
}

// takeLocked returns the inherited socket that has the address, nil if there is none.
func (s *Server) takeLocked(addr Address) (*socket, error) {
	for i, in := range s.inherited {
		name, err := syscall.Getsockname(in.FD)
		if err != nil || !addr.is(name) {
			continue
		}
		if kind, err := syscall.GetsockoptInt(in.FD, syscall.SOL_SOCKET, syscall.SO_TYPE); err != nil || kind != syscall.SOCK_STREAM {
			continue
		}
		if err := takesIPv4(in.FD, addr); err != nil {
			return nil, err
		}
		taken := &socket{addr: addr, fd: in.FD}
		if in.Remove && addr.Path != "" {
			taken.file, _ = os.Lstat(addr.Path)
		}
		s.inherited = slices.Delete(s.inherited, i, i+1)
		return taken, nil
	}
	return nil, nil
}

// takesIPv4 refuses a socket that is for IPv6 alone where it is to be for both: that can't
// be changed once it is bound.
func takesIPv4(fd int, addr Address) error {
	if ip := addr.AddrPort.Addr(); !ip.Is6() || !ip.IsUnspecified() {
		return nil
	}
	only, err := syscall.GetsockoptInt(fd, syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY)
	if err != nil {
		return fmt.Errorf("inherited socket: %w", os.NewSyscallError("getsockopt", err))
	}
	if only != 0 {
		return errors.New("the inherited socket takes IPv6 alone (systemd: BindIPv6Only=both)")
	}
	return nil
}
