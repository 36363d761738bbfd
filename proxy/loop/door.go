//go:build linux && (amd64 || arm64)

package loop

import (
	"net/netip"

	"weir/proxy/session"
)

// A door is where one client comes in. Where those without a place wait, the place is
// taken before accept. Where they are reset, it is taken after: a place that is only held
// for the moment would turn away another loop's client.
type door struct {
	front *session.Front
	held  bool // a place, before accept
}

func newDoor(f *session.Front) door { return door{front: f} }

// open reports whether to accept.
func (d *door) open() bool {
	if d.front.When() == session.Close {
		return true
	}
	d.held = d.front.Enter()
	return d.held
}

// force is open for a queue that is about to be lost.
func (d *door) force() {
	if !d.open() {
		d.front.Crowd()
		d.held = true
	}
}

// nobody says that accept brought no client.
func (d *door) nobody() {
	if d.held {
		d.front.Left()
	}
}

// admit lets a client in, or resets it if there is no place, or it has too many.
func (d *door) admit(fd int32, client netip.AddrPort) (a arrival, ok bool) {
	if !d.held && !d.front.Enter() {
		d.front.TurnAway(client)
		resetSocket(fd)
		return a, false
	}
	settings, ok := d.front.Admit(client)
	if !ok {
		resetSocket(fd)
		return a, false
	}
	return arrival{fd, client, d.front, settings}, true
}
