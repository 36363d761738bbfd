//go:build linux && (amd64 || arm64)

package loop

import (
	"os"
	"time"

	"golang.org/x/sys/unix"

	"weir/proxy/session"
)

// keepAliveAfter is how old a session is when keep-alive is set on its backend's side:
// most end before, and save four system calls.
const keepAliveAfter = time.Second

// Prepare sets what the sockets accepted inherit, which saves setting it on each. It may
// be called again while the socket listens: for clients to come.
func (r *Relay) Prepare(socket int, s session.Settings) error {
	domain, err := unix.GetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_DOMAIN)
	if err != nil {
		return os.NewSyscallError("getsockopt", err)
	}
	if domain != unix.AF_UNIX {
		if err := setOption(int32(socket), unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != 0 {
			return os.NewSyscallError("setsockopt", err)
		}
		inline(int32(socket)) // which MPTCP's sockets don't know
		if err := keepAlive(int32(socket), s.KeepAlive); err != 0 {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	return os.NewSyscallError("fcntl", unix.SetNonblock(socket, true))
}

// maxKeepAlive is the longest idle time that the kernel takes, in seconds.
const maxKeepAlive = 32767

// keepAlive has a peer that is gone without a word noticed after so long a silence, and
// some probes. 0 turns it off.
func keepAlive(fd int32, idle time.Duration) errno {
	if idle <= 0 {
		return setOption(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 0)
	}
	seconds := int(min((idle+time.Second-1)/time.Second, maxKeepAlive))
	for _, o := range [...]struct{ level, name, value int }{
		{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, seconds},
		{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, int(session.KeepAliveInterval / time.Second)},
		{unix.IPPROTO_TCP, unix.TCP_KEEPCNT, session.KeepAliveCount},
		{unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
	} {
		if err := setOption(fd, o.level, o.name, o.value); err != 0 {
			return err
		}
	}
	return 0
}
