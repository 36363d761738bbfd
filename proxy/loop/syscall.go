//go:build linux && (amd64 || arm64)

package loop

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The system calls of the byte path. None of them waits, so the Go scheduler need not
// know of them, which is what golang.org/x/sys/unix would tell it on each. (Its
// RawSyscall is a jump to the one used here, which costs more than a direct call.)

type errno = syscall.Errno

func recv(fd int32, p []byte) (int, errno) {
	n, _, err := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), 0, 0, 0)
	return int(n), err
}

func send(fd int32, p []byte) (int, errno) {
	n, _, err := syscall.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), unix.MSG_NOSIGNAL, 0, 0)
	return int(n), err
}

func splice(from, to int32, n int) (int, errno) {
	moved, _, err := syscall.RawSyscall6(unix.SYS_SPLICE, uintptr(from), 0, uintptr(to), 0, uintptr(n), unix.SPLICE_F_MOVE|unix.SPLICE_F_NONBLOCK)
	return int(moved), err
}

func accept(listener int32, from *address) (int32, errno) {
	from.size = uint32(unsafe.Sizeof(from.raw))
	fd, _, err := syscall.RawSyscall6(unix.SYS_ACCEPT4, uintptr(listener), uintptr(unsafe.Pointer(&from.raw)), uintptr(unsafe.Pointer(&from.size)), unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
	return int32(fd), err
}

func newSocket(family int) (int32, errno) {
	fd, _, err := syscall.RawSyscall(unix.SYS_SOCKET, uintptr(family), unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	return int32(fd), err
}

func connect(fd int32, to *address) errno {
	_, _, err := syscall.RawSyscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&to.raw)), uintptr(to.size))
	return err
}

// getName returns the address that a socket is bound to.
func getName(fd int32, a *address) {
	a.size = uint32(unsafe.Sizeof(a.raw))
	syscall.RawSyscall(unix.SYS_GETSOCKNAME, uintptr(fd), uintptr(unsafe.Pointer(&a.raw)), uintptr(unsafe.Pointer(&a.size)))
}

func shutdownWrite(fd int32) {
	syscall.RawSyscall(unix.SYS_SHUTDOWN, uintptr(fd), unix.SHUT_WR, 0)
}

func closeFD(fd int32) {
	syscall.RawSyscall(unix.SYS_CLOSE, uintptr(fd), 0, 0)
}

func setOption(fd int32, level, name, value int) errno {
	v := int32(value)
	_, _, err := syscall.RawSyscall6(unix.SYS_SETSOCKOPT, uintptr(fd), uintptr(level), uintptr(name), uintptr(unsafe.Pointer(&v)), unsafe.Sizeof(v), 0)
	return err
}

// inline has urgent data arrive in its place among the rest, where its mark is lost, instead
// of not at all.
func inline(fd int32) { setOption(fd, unix.SOL_SOCKET, unix.SO_OOBINLINE, 1) }

// resetSocket closes so that the peer sees a reset, not an end.
func resetSocket(fd int32) {
	now := unix.Linger{Onoff: 1}
	syscall.RawSyscall6(unix.SYS_SETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_LINGER, uintptr(unsafe.Pointer(&now)), unsafe.Sizeof(now), 0)
	closeFD(fd)
}

// pendingError returns and clears what went wrong with a socket; 0 is nothing.
func pendingError(fd int32) errno {
	var v int32
	size := uint32(unsafe.Sizeof(v))
	syscall.RawSyscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_ERROR, uintptr(unsafe.Pointer(&v)), uintptr(unsafe.Pointer(&size)), 0)
	return errno(v)
}

// unacknowledged returns how many bytes written to a socket its peer hasn't confirmed.
func unacknowledged(fd int32) int {
	var v int32
	syscall.RawSyscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCOUTQ, uintptr(unsafe.Pointer(&v)))
	return int(v)
}

// isReady asks for an event of a socket that may not have been told of.
func isReady(fd int32, event int16) bool {
	p := [1]unix.PollFd{{Fd: fd, Events: event}}
	n, _ := unix.Poll(p[:], 0)
	return n > 0
}
