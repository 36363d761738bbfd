package goroutine

import (
	"net/netip"
	"os"
	"strconv"
	"syscall"
	"time"
)

// A conn is a session's side: a client, or a *net.TCPConn to a backend. Bytes go through
// its SyscallConn.
type conn interface {
	syscall.Conn
	SetWriteDeadline(time.Time) error
	CloseWrite() error
	Close() error
}

// An arrival is a client that was accepted.
type arrival struct {
	fd   int // non-blocking
	addr netip.AddrPort
}

// A client is a socket that was accepted, TCP or unix. As a file it costs no descriptor
// on the way, unlike a net.Conn: near the limit a client that has come is kept.
type client struct{ *os.File }

func newClient(fd int) client { return client{os.NewFile(uintptr(fd), "client")} }

// CloseWrite ends its direction to the client.
func (c client) CloseWrite() error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	raw.Control(func(fd uintptr) { err = syscall.Shutdown(int(fd), syscall.SHUT_WR) })
	return err
}

// reset closes so that a TCP peer sees a reset, not an end. That of a unix socket sees
// one if it has sent what nobody has read.
func reset(c conn) {
	if raw, err := c.SyscallConn(); err == nil {
		raw.Control(linger)
	}
	c.Close()
}

// linger has close drop what wasn't sent, and reset.
func linger(fd uintptr) {
	syscall.SetsockoptLinger(int(fd), syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1})
}

// addrPort is a socket's address; of IPv4 as such, whatever the listener is bound to. It
// is zero of a unix socket.
func addrPort(sa syscall.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *syscall.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *syscall.SockaddrInet6:
		ip := netip.AddrFrom16(sa.Addr).Unmap()
		if sa.ZoneId != 0 {
			ip = ip.WithZone(strconv.Itoa(int(sa.ZoneId)))
		}
		return netip.AddrPortFrom(ip, uint16(sa.Port))
	}
	return netip.AddrPort{}
}
