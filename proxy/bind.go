package proxy

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"syscall"
	"time"
)

// A socket is bound to an address, and listens when told to. The net package
// does both in one step, hence the system calls.
type socket struct {
	file *os.File // the bound socket; nil once it listens or is closed
	addr netip.AddrPort
	ln   *net.TCPListener // nil until it listens
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
	file := os.NewFile(uintptr(fd), "listener")
	// A restart must not wait for the old connections' TIME_WAIT.
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		file.Close()
		return nil, os.NewSyscallError("setsockopt", err)
	}
	if family == syscall.AF_INET6 {
		only := 1
		if addr.Addr().IsUnspecified() {
			only = 0
		}
		if err := syscall.SetsockoptInt(fd, syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY, only); err != nil {
			file.Close()
			return nil, os.NewSyscallError("setsockopt", err)
		}
	}
	if err := syscall.Bind(fd, sa); err != nil {
		file.Close()
		return nil, explain(err)
	}
	bound, err := syscall.Getsockname(fd)
	if err != nil {
		file.Close()
		return nil, os.NewSyscallError("getsockname", err)
	}
	switch b := bound.(type) {
	case *syscall.SockaddrInet4:
		addr = netip.AddrPortFrom(addr.Addr(), uint16(b.Port))
	case *syscall.SockaddrInet6:
		addr = netip.AddrPortFrom(addr.Addr(), uint16(b.Port))
	}
	return &socket{file: file, addr: addr}, nil
}

// zone is the interface that a link-local address belongs to, by name or number; 0 is none.
func zone(addr netip.Addr) uint32 {
	if iface, err := net.InterfaceByName(addr.Zone()); err == nil {
		return uint32(iface.Index)
	}
	n, _ := strconv.ParseUint(addr.Zone(), 10, 32) // what is neither fails to bind
	return uint32(n)
}

// listen begins to take connections. It fails if another socket came to listen
// on the address in the meantime.
func (s *socket) listen() (*net.TCPListener, error) {
	defer s.file.Close() // FileListener works on a copy
	if err := syscall.Listen(int(s.file.Fd()), backlog); err != nil {
		return nil, fmt.Errorf("listen on %s: %w", s.addr, os.NewSyscallError("listen", err))
	}
	ln, err := net.FileListener(s.file)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", s.addr, err)
	}
	s.ln = ln.(*net.TCPListener)
	return s.ln, nil
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

// takeQueued accepts what waits in the kernel's queue, and waits for no more. The
// net package doesn't look there once accept has expired.
func (s *socket) takeQueued() (conns []*net.TCPConn) {
	raw, err := s.ln.SyscallConn()
	if err != nil {
		return nil
	}
	raw.Control(func(fd uintptr) {
		for range backlog { // a full queue: however fast they come, it ends
			conn, err := acceptOne(int(fd))
			switch {
			case err == nil:
				conns = append(conns, conn)
			case errors.Is(err, syscall.EINTR), errors.Is(err, syscall.ECONNABORTED): // the next one may be good
			default:
				return
			}
		}
	})
	return conns
}

// acceptOne fails with EAGAIN when nobody waits.
func acceptOne(listener int) (*net.TCPConn, error) {
	syscall.ForkLock.RLock() // as in bindFamily
	fd, _, err := syscall.Accept(listener)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(fd), "client")
	defer file.Close() // FileConn works on a copy
	conn, err := net.FileConn(file)
	if err != nil {
		return nil, err
	}
	if conn.RemoteAddr() == nil { // reset while it waited
		conn.Close()
		return nil, syscall.ECONNABORTED
	}
	return conn.(*net.TCPConn), nil
}

// expire makes accept fail, or closes what doesn't listen yet.
func (s *socket) expire() {
	if s.ln == nil {
		s.file.Close()
		return
	}
	s.ln.SetDeadline(time.Unix(1, 0))
}

func (s *socket) close() { s.file.Close() }
