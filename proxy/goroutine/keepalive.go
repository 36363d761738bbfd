package goroutine

import (
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"weir/proxy/session"
)

// maxKeepAlive is the longest idle time that Linux takes.
const maxKeepAlive = 32767 * time.Second

// dialer is for the backend's side, which has the same keep-alive as the client's.
func dialer(idle time.Duration) net.Dialer {
	if idle <= 0 {
		return net.Dialer{KeepAlive: -1}
	}
	return net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: min(idle, maxKeepAlive), Interval: session.KeepAliveInterval, Count: session.KeepAliveCount,
	}}
}

// prepare has a TCP client's socket send small segments at once, and notice a peer that is
// gone without a word. One that has failed already is found so when it is read.
func (c client) prepare(idle time.Duration) {
	type option struct{ level, name, value int }
	options := []option{{syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1}, {syscall.SOL_SOCKET, syscall.SO_OOBINLINE, 1}}
	if idle > 0 {
		seconds := int((min(idle, maxKeepAlive) + time.Second - 1) / time.Second)
		options = append(options,
			option{syscall.IPPROTO_TCP, keepIdle, seconds},
			option{syscall.IPPROTO_TCP, unix.TCP_KEEPINTVL, int(session.KeepAliveInterval / time.Second)},
			option{syscall.IPPROTO_TCP, unix.TCP_KEEPCNT, session.KeepAliveCount},
			option{syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, 1})
	}
	if raw, err := c.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) {
			for _, o := range options {
				syscall.SetsockoptInt(int(fd), o.level, o.name, o.value)
			}
		})
	}
}
