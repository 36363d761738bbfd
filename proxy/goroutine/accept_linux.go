package goroutine

import "syscall"

// accept fails with EAGAIN when nobody waits.
func accept(listener int) (arrival, error) {
	fd, from, err := syscall.Accept4(listener, syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC)
	if err != nil {
		return arrival{}, err
	}
	return arrival{fd, addrPort(from)}, nil
}
