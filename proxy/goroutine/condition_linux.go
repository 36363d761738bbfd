package goroutine

import "golang.org/x/sys/unix"

// condition reports whether an error of a socket has yet to be told to a read or a
// write; whether the socket moves nothing in either direction any more: because
// both sides have ended, or because of an error, told or not; and whether the peer's end
// has arrived, perhaps behind bytes that wait to be read.
func condition(fd uintptr) (failed, closed, ended bool) {
	fds := [1]unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}} // errors and hang-ups are reported unasked
	if _, err := unix.Poll(fds[:], 0); err != nil {
		return false, false, false // interrupted: whoever waits looks again
	}
	got := fds[0].Revents
	return got&unix.POLLERR != 0, got&unix.POLLHUP != 0, got&unix.POLLRDHUP != 0
}
