package balance

import (
	"slices"
	"sync"
	"sync/atomic"
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
// A backend that is no longer listed gets no new connections, but is remembered until
// an Update that neither lists it nor finds it active, and at least until the next
// one: listed again before that, it is back with all its counters.
func (p *Pool) Update(members []Member, admit Admission) Change {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.updates++
	p.listLocked(members, admit)
	change := p.settleLocked()
	if change.Any() {
		p.publishLocked(change.Eligible)
	}
	return change
}

// listLocked marks the members' backends as listed, with the weights to come, and
// creates those not known.
func (p *Pool) listLocked(members []Member, admit Admission) {
	old := len(p.backends)
	next := 0 // most often, members come in the same order each time
	for i := range members {
		m := &members[i]
		var b *Backend
		if id := (identity{m.Name, m.Addr}); next < old && p.backends[next].id == id {
			b = p.backends[next]
		} else if b = p.known[id]; b == nil {
			b = &Backend{id: id, place: len(p.backends)}
			p.known[id] = b
			p.backends = append(p.backends, b)
		}
		next = b.place + 1
		if b.listed != p.updates {
			b.listed = p.updates
			b.wanted = admit.weight(m)
		}
	}
	slices.SortFunc(p.backends[old:], func(a, b *Backend) int {
		return a.id.compare(b.id)
	})
}

// settleLocked gives every backend its new weight and forgets those that left.
func (p *Pool) settleLocked() Change {
	var change Change
	kept := p.backends[:0]
	for _, b := range p.backends {
		if b.listed == p.updates {
			change.Total++
		} else {
			b.wanted = 0
			if b.listed+1 < p.updates && b.Active.Load() == 0 {
				delete(p.known, b.id)
				continue
			}
		}
		b.place = len(kept)
		kept = append(kept, b)
		change.note(b, b.weight, b.wanted)
		b.weight = b.wanted
	}
	clear(p.backends[len(kept):])
	p.backends = kept
	return change
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
