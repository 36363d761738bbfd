package goroutine

import "weir/proxy/session"

// A door is where clients come in, one after the other. Where those without a place wait,
// the place is taken before accept. Where they are reset, it is taken after: a place that
// is only held for the moment would turn away another listener's client.
type door struct {
	front *session.Front
	held  bool // a place, before accept
}

// open reports whether to accept.
func (d *door) open() bool {
	d.held = false
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

// admit says what the client is granted; it is to be reset if it is not ok.
func (d *door) admit(a arrival) (s *session.Settings, ok bool) {
	if !d.held && !d.front.Enter() {
		d.front.TurnAway(a.addr)
		return nil, false
	}
	return d.front.Admit(a.addr)
}
