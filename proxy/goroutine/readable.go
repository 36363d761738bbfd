package goroutine

import "golang.org/x/sys/unix"

// isReadable reports whether there is something to read, or somebody to accept.
func isReadable(fd uintptr) bool {
	fds := [1]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds[:], 0)
	return err == nil && n > 0
}
