//go:build linux && (amd64 || arm64)

package loop

import (
	"net/netip"

	"weir/proxy/session"
)

// admit lets a client in by the door, or resets it if there is no place, or it has too many.
func admit(d *session.Door, fd int32, client netip.AddrPort) (a arrival, ok bool) {
	s, ok := d.Admit(client)
	if !ok {
		resetSocket(fd)
		return a, false
	}
	return arrival{fd, client, d.Front, s}, true
}
