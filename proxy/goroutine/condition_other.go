//go:build !linux

package goroutine

import "syscall"

// condition can't tell an error that was told already here, and tells the pending one;
// nor an end before it is read.
func condition(fd uintptr) (failed, closed, ended bool) {
	pending, err := syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_ERROR)
	return err == nil && pending != 0, false, false
}
