//go:build linux && (amd64 || arm64)

package loop

import (
	"net/netip"

	"golang.org/x/sys/unix"

	"weir/proxy/session"
)

// header is what the backend is told before the client's first bytes; mostly nothing.
func (l *loop) header(c *conn) []byte {
	p := c.service.ProxyProtocol
	if p == session.NoHeader {
		return nil
	}
	if c.addr.IsValid() {
		getName(c.client.fd, &l.own)
		return p.Header(c.addr, l.own.get(), "")
	}
	path := ""
	if name, err := unix.Getsockname(int(c.client.fd)); err == nil {
		if name, ok := name.(*unix.SockaddrUnix); ok {
			path = name.Name // the listening socket's
		}
	}
	return p.Header(netip.AddrPort{}, netip.AddrPort{}, path)
}
