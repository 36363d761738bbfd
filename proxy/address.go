package proxy

import "net/netip"

// An Address is what a listener is bound to: exactly one of its fields is set.
type Address struct {
	AddrPort netip.AddrPort // port 0: any free one
	Path     string         // of a unix socket, absolute
}

// String returns it as the configuration has it.
func (a Address) String() string {
	if a.Path != "" {
		return "unix:" + a.Path
	}
	return a.AddrPort.String()
}
