package health

import "github.com/pires/go-proxyproto"

// LocalHeader returns the header of that version of the PROXY protocol, 1 or 2, which says that a connection is weir's own
// and not a client's: LOCAL, or UNKNOWN in version 1. It is nil for any other version. (proxy-protocol.txt of HAProxy, 2.1
// and 2.2.)
func LocalHeader(version byte) []byte {
	header, err := (&proxyproto.Header{Version: version, Command: proxyproto.LOCAL, TransportProtocol: proxyproto.UNSPEC}).Format()
	if err != nil {
		return nil
	}
	return header
}
