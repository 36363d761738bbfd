//go:build !linux

package goroutine

import "syscall"

// accept fails with EAGAIN when nobody waits.
func accept(listener int) (arrival, error) {
	syscall.ForkLock.RLock() // no child may inherit it between accept and close-on-exec
	fd, from, err := syscall.Accept(listener)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return arrival{}, err
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		syscall.Close(fd)
		return arrival{}, err
	}
	return arrival{fd, addrPort(from)}, nil
}
