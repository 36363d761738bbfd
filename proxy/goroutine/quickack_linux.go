package goroutine

import "syscall"

// delayAck has what is written first ride on the last segment of the handshake.
func delayAck(fd uintptr) {
	syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 0)
}
