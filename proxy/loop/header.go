//go:build linux && (amd64 || arm64)

package loop

import (
	"net/netip"

	"weir/proxy/session"
)

// header is what the backend is told before the client's first bytes; mostly nothing.
func (l *loop) header(c *conn) []byte {
	p := c.service.ProxyProtocol
	if p == session.NoHeader {
		return nil
	}
	local := netip.AddrPort{}
	if c.addr.IsValid() { // else it is a unix socket's
		getName(c.client.fd, &l.own)
		local = l.own.get()
	}
	return p.Header(c.addr, local)
}
