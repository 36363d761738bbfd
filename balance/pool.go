package balance

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Pool owns the backends of one service. All its listeners share it, and with it the
// order of picks, so that shares are exact over the whole process.
type Pool struct {
	policy Policy

	snapshot atomic.Pointer[Snapshot] // written by Update alone, never nil
	others   atomic.Uint64            // where PickOther's next search begins

	mu       sync.Mutex // held through an Update; guards the following
	updates  uint64     // so far
	known    map[identity]*Backend
	backends []*Backend // the known ones, in the order in which they came
	leaving  []Leaving  // those not in service; Since is set by Leaving
	picker   Picker     // the policy's last
}

// NewPool returns a pool without backends. No policy means WeightedRoundRobin.
func NewPool(policy Policy) *Pool {
	if policy == nil {
		policy = WeightedRoundRobin{}
	}
	p := &Pool{policy: policy, known: make(map[identity]*Backend)}
	p.snapshot.Store(&Snapshot{})
	return p
}

// Update makes members, in any order, the whole of the service, with the weights that
// they are admitted with, and publishes a new snapshot if the eligible set or a weight
// changed. Of members with the same name and address the first counts.
//
// Those on standby, of datacenters that aren't in use, get no connections. They are part
// of the service all the same: they keep their backends and counters.
//
// A backend that is no longer listed gets no new connections, but is remembered until
// an Update that neither lists it nor finds it active, and at least until the next
// one: listed again before that, it is back with all its counters.
func (p *Pool) Update(members []Member, admit Admission, standby ...[]Member) Change {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.updates++
	old := len(p.backends)
	change := Change{Total: p.listLocked(members, admit, old)}
	for _, list := range standby {
		p.standByLocked(list, admit.Rule, old)
	}
	slices.SortFunc(p.backends[old:], func(a, b *Backend) int {
		return a.id.compare(b.id)
	})
	p.settleLocked(&change)
	if change.Any() {
		p.publishLocked(change.Eligible)
	}
	return change
}

// listLocked marks the members' backends as listed, with the weights and standings to
// come, and returns how many those are. Of the backends, the first old ones were known
// before.
func (p *Pool) listLocked(members []Member, admit Admission, old int) (listed int) {
	next := 0 // most often, members come in the same order each time
	for i := range members {
		m := &members[i]
		b := p.backendLocked(m, next, old)
		next = b.place + 1
		if b.listed != p.updates {
			b.listed = p.updates
			b.wanted, b.stands = admit.weight(m), inService
			if b.wanted == 0 {
				b.stands = admit.standing(m)
			}
			listed++
		}
	}
	return listed
}

// standByLocked does the same for members that get no connections.
func (p *Pool) standByLocked(members []Member, rule Rule, old int) {
	next := 0
	if len(members) > 0 { // they follow each other, though not from the first place on
		next = p.backendLocked(&members[0], next, old).place
	}
	for i := range members {
		m := &members[i]
		b := p.backendLocked(m, next, old)
		next = b.place + 1
		if b.listed != p.updates {
			b.listed = p.updates
			b.wanted, b.stands = 0, Admission{Rule: rule}.standing(m)
		}
	}
}

// backendLocked returns the backend of a member, which may be at the place next, and
// creates it if it isn't known.
func (p *Pool) backendLocked(m *Member, next, old int) *Backend {
	id := identity{m.Name, m.Addr}
	if next < old && p.backends[next].id == id {
		return p.backends[next]
	}
	b := p.known[id]
	if b == nil {
		b = &Backend{id: id, place: len(p.backends)}
		p.known[id] = b
		p.backends = append(p.backends, b)
	}
	return b
}

// settleLocked gives every backend its new weight and standing, and forgets those that
// left.
func (p *Pool) settleLocked(change *Change) {
	kept, leaving := p.backends[:0], p.leaving[:0]
	for _, b := range p.backends {
		if b.listed != p.updates {
			b.wanted, b.stands = 0, Withdrawn
			if b.listed+1 < p.updates && b.Active.Load() == 0 {
				delete(p.known, b.id)
				continue
			}
		}
		b.place = len(kept)
		kept = append(kept, b)
		change.note(b, b.weight, b.wanted)
		b.weight = b.wanted
		if b.stands != b.stood {
			b.stood, b.since = b.stands, time.Time{}
			if b.stands == inService {
				b.Closed.Store(false) // before anybody can pick it
			}
		}
		if b.stands != inService {
			leaving = append(leaving, Leaving{Backend: b, Why: b.stands, Since: b.since})
		}
	}
	clear(p.backends[len(kept):])
	p.backends = kept
	clear(p.leaving[min(len(leaving), len(p.leaving)):])
	p.leaving = leaving
}

// publishLocked makes the backends that have a weight the snapshot.
func (p *Pool) publishLocked(eligible int) {
	if eligible == 0 {
		p.snapshot.Store(&Snapshot{})
		return
	}
	s := &Snapshot{eligible: make([]Weighted, 0, eligible)}
	for _, b := range p.backends {
		if b.weight > 0 {
			s.eligible = append(s.eligible, Weighted{Backend: b, Weight: b.weight})
		}
	}
	p.picker = p.policy.Prepare(s.eligible, p.picker)
	s.picker = p.picker
	p.snapshot.Store(s)
}
