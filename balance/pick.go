package balance

import "slices"

// Snapshot returns the eligible set as it is now, never nil.
func (p *Pool) Snapshot() *Snapshot { return p.snapshot.Load() }

// Pick returns the backend for the next connection, nil when none is eligible. It
// takes no lock, allocates nothing, and costs the same for any number of backends.
func (p *Pool) Pick() *Backend {
	if s := p.snapshot.Load(); s.picker != nil {
		return s.picker.Pick()
	}
	return nil
}

// PickOther returns a backend for a connection that those tried could not take: an
// eligible one that is none of them, nil when there is no other. It is Pick's next
// choice where that serves, so that the rest share by weight what a dead backend
// leaves. Where the tried ones hold so much of the weight that it keeps coming back to
// them, it is any other in turn. It allocates nothing, and its cost depends on the
// number of tried ones alone.
func (p *Pool) PickOther(tried []*Backend) *Backend {
	s := p.snapshot.Load()
	if s.picker == nil {
		return nil
	}
	for range 2*len(tried) + 1 {
		if b := s.picker.Pick(); !slices.Contains(tried, b) {
			return b
		}
	}
	n := uint64(len(s.eligible))
	from := p.others.Add(1)
	for i := range min(uint64(len(tried))+1, n) { // at most len(tried) of these are tried
		if b := s.eligible[(from+i)%n].Backend; !slices.Contains(tried, b) {
			return b
		}
	}
	return nil
}

// roomPicks is how many picks PickBelow makes, beyond two for each that was tried,
// before it looks through all: with half of the weight full, one in 65,536 connections
// comes to that.
const roomPicks = 16

// PickBelow is PickOther among the backends that have fewer than most active
// connections, at least one; nil when there is none. While most of the weight isn't full
// its cost is as PickOther's; else it looks at each eligible backend once, beginning
// with another each time. Others may fill a backend at the same moment: who joins it
// must count.
func (p *Pool) PickBelow(most int, tried []*Backend) *Backend {
	s := p.snapshot.Load()
	if s.picker == nil {
		return nil
	}
	serves := func(b *Backend) bool { return b.Active.Load() < int64(most) && !slices.Contains(tried, b) }
	for range 2*len(tried) + roomPicks {
		if b := s.picker.Pick(); serves(b) {
			return b
		}
	}
	n := uint64(len(s.eligible))
	from := p.others.Add(1)
	for i := range n {
		if b := s.eligible[(from+i)%n].Backend; serves(b) {
			return b
		}
	}
	return nil
}
