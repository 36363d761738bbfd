package goroutine

import "golang.org/x/sys/unix"

// condition reports whether an error of a socket has yet to be told to a read or a
// write, and whether the socket moves nothing in either direction any more: because
// both sides have ended, or because of an error, told or not.
func condition(fd uintptr) (failed, closed bool) {
	fds := [1]unix.PollFd{{Fd: int32(fd)}} // errors and hang-ups are reported unasked
	if _, err := unix.Poll(fds[:], 0); err != nil {
		return false, false // interrupted: whoever waits looks again
	}
	return fds[0].Revents&unix.POLLERR != 0, fds[0].Revents&unix.POLLHUP != 0
}
