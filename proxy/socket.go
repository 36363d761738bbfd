package proxy

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// A socket is bound to an address, and listens when told to. The net package does both in
// one step, hence the system calls. Other processes may share it, so it is non-blocking
// from the start and never anything else: a blocking accept would stop a loop of theirs.
type socket struct {
	addr Address
	fd   int         // -1 once it is closed
	file os.FileInfo // of a unix socket, if it is to be removed in the end
}

// backlog asks for the longest queue: the kernel cuts it to its own limit
// (net.core.somaxconn).
const backlog = 65535

func newSocket(family int, addr Address) (*socket, error) {
	syscall.ForkLock.RLock() // no child may inherit it between socket and close-on-exec
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	s := &socket{addr: addr, fd: fd}
	if err := syscall.SetNonblock(fd, true); err != nil {
		s.close()
		return nil, os.NewSyscallError("fcntl", err)
	}
	return s, nil
}

// listen begins to take connections, or goes on with it. It fails if another socket came
// to listen on the address since it was bound.
func (s *socket) listen() error { return os.NewSyscallError("listen", syscall.Listen(s.fd, backlog)) }

// share returns a descriptor of it that is the caller's to close.
func (s *socket) share() (fd int, err error) {
	fd, err = unix.FcntlInt(uintptr(s.fd), unix.F_DUPFD_CLOEXEC, 0)
	return fd, os.NewSyscallError("fcntl", err)
}

// remove takes a unix socket's file away: who has come is in the queue, nobody else comes.
func (s *socket) remove() {
	if s.file == nil {
		return
	}
	if now, err := os.Lstat(s.addr.Path); err == nil && os.SameFile(now, s.file) {
		os.Remove(s.addr.Path)
	}
}

func (s *socket) close() {
	if s.fd >= 0 {
		syscall.Close(s.fd)
		s.fd = -1
	}
}
