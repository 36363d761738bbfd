package session

import (
	"net"
	"net/netip"

	"github.com/pires/go-proxyproto"
)

// ProxyProtocol is the version of the PROXY protocol's header that goes to the backend
// before all else. (proxy-protocol.txt of HAProxy, 2.1 and 2.2.)
type ProxyProtocol uint8

const (
	NoHeader ProxyProtocol = iota
	HeaderV1
	HeaderV2
)

// Header returns the header of that version for a client, and the address of weir's that it
// came to; nil for NoHeader. Both are zero for a client of a unix socket, of which it says that
// there is no address to tell: LOCAL, or UNKNOWN in version 1. (Version 2 could tell the path, but
// HAProxy 2.6, which reads no such header, resets the connection.)
func (p ProxyProtocol) Header(client, local netip.AddrPort) []byte {
	if p == NoHeader {
		return nil
	}
	var from, to net.Addr
	if client.IsValid() {
		from, to = net.TCPAddrFromAddrPort(client), net.TCPAddrFromAddrPort(local)
	}
	header, err := proxyproto.HeaderProxyFromAddrs(byte(p), from, to).Format()
	if err != nil {
		return nil // not with addresses that the kernel gave
	}
	return header
}
