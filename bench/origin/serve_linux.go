package origin

import (
	"fmt"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// Server serves on several addresses.
type Server struct {
	Banner bool // greet each new connection; set before Serve

	talk      *poller // accepts and echoes
	bulk      *poller // streams: a thread of their own, so that echoes don't wait for them
	listeners map[int]bool
	begun     []bool // by descriptor: its first byte was seen; the talk thread's alone
	counters  *Counters
}

// Listen binds the addresses. Connections wait until Serve.
func Listen(addrs []netip.AddrPort, counters *Counters) (*Server, error) {
	s := &Server{listeners: map[int]bool{}, counters: counters}
	var err error
	if s.talk, err = newPoller(); err != nil {
		return nil, err
	}
	if s.bulk, err = newPoller(); err != nil {
		return nil, err
	}
	for _, addr := range addrs {
		fd, err := listen(addr)
		if err != nil {
			return nil, fmt.Errorf("listen on %s: %w", addr, err)
		}
		s.listeners[fd] = true
		if err := s.talk.add(fd, unix.EPOLLIN); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func listen(addr netip.AddrPort) (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	// Accepted connections inherit both.
	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: addr.Addr().As4(), Port: int(addr.Port())}); err != nil {
		return -1, os.NewSyscallError("bind", err)
	}
	return fd, os.NewSyscallError("listen", unix.Listen(fd, 65535))
}

// Serve works until the process ends, or something fails that can't.
func (s *Server) Serve() error {
	failed := make(chan error, 2)
	go func() { failed <- s.bulk.run(s.stream) }()
	go func() { failed <- s.talk.run(s.handle) }()
	return <-failed
}

// handle is the talk thread's.
func (s *Server) handle(fd int, what uint32, buffer []byte) {
	if s.listeners[fd] {
		s.accept(fd)
		return
	}
	n, err := unix.Read(fd, buffer)
	if err == unix.EAGAIN || err == unix.EINTR {
		return
	}
	if err != nil || n == 0 {
		unix.Close(fd)
		return
	}
	if !s.begun[fd] {
		s.begun[fd] = true
		switch buffer[0] {
		case Source:
			s.talk.remove(fd)
			s.bulk.add(fd, unix.EPOLLOUT)
			return
		case Sink:
			s.talk.remove(fd)
			s.counters.Sunk.Add(uint64(n))
			s.bulk.add(fd, unix.EPOLLIN)
			return
		}
	}
	if !writeAll(fd, buffer[:n]) {
		unix.Close(fd)
	}
}

var banner = make([]byte, BannerSize)

func (s *Server) accept(listener int) {
	fd, _, err := unix.Accept4(listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
	if err != nil {
		return // gone already; or no descriptors, and the client counts that
	}
	for fd >= len(s.begun) {
		s.begun = append(s.begun, make([]bool, 4096)...)
	}
	s.begun[fd] = false
	if s.Banner && !writeAll(fd, banner) {
		unix.Close(fd)
		return
	}
	if s.talk.add(fd, unix.EPOLLIN) != nil {
		unix.Close(fd)
	}
}

// stream is the bulk thread's.
func (s *Server) stream(fd int, what uint32, buffer []byte) {
	var n int
	var err error
	if what&unix.EPOLLOUT != 0 {
		n, err = unix.Write(fd, buffer)
	} else if n, err = unix.Read(fd, buffer); n > 0 {
		s.counters.Sunk.Add(uint64(n))
	}
	if err == unix.EAGAIN || err == unix.EINTR || n > 0 {
		return
	}
	unix.Close(fd)
}

// writeAll waits where the socket is full, which short answers don't meet.
func writeAll(fd int, b []byte) bool {
	for len(b) > 0 {
		n, err := unix.Write(fd, b)
		switch {
		case err == unix.EAGAIN:
			if _, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, 1000); err != nil && err != unix.EINTR {
				return false
			}
		case err != nil && err != unix.EINTR:
			return false
		default:
			b = b[max(n, 0):]
		}
	}
	return true
}
