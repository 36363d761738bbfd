package goroutine

import "syscall"

// inline has urgent data arrive in its place among the rest, where its mark is lost, instead
// of not at all.
func inline(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) { syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_OOBINLINE, 1) })
}

// inlineAndDelayAck is for a backend that is sent a header at once.
func inlineAndDelayAck(network, address string, c syscall.RawConn) error {
	c.Control(delayAck)
	return inline(network, address, c)
}
