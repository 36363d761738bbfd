package session

import "net/netip"

// A Door is where clients of a listener come in, one after the other: Open before accept,
// then Admit with the client that came, or Nobody. Where those without a place wait, the
// place is taken before accept. Where they are reset, it is taken after: a place that is
// only held for the moment would turn away another one's client. It is for one goroutine.
type Door struct {
	Front *Front
	held  bool // a place, before accept
}

// NewDoor returns a door of the listener's own: there may be any number.
func NewDoor(f *Front) Door { return Door{Front: f} }

// Open reports whether to accept. If not, Front.Await says when.
func (d *Door) Open() bool {
	d.held = false
	if d.Front.When() == Close {
		return true
	}
	d.held = d.Front.Enter()
	return d.held
}

// Force is Open for a queue that is about to be lost: there is a place for everybody.
func (d *Door) Force() {
	if !d.Open() {
		d.Front.Crowd()
		d.held = true
	}
}

// Nobody says that accept brought no client.
func (d *Door) Nobody() {
	if d.held {
		d.Front.Left()
	}
}

// Admit says what the client is granted. It is to be reset if it is not ok.
func (d *Door) Admit(client netip.AddrPort) (s *Settings, ok bool) {
	if !d.held && !d.Front.Enter() {
		d.Front.TurnAway(client)
		return nil, false
	}
	return d.Front.Admit(client)
}
