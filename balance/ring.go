package balance

import "sync/atomic"

// ring is a prepared order of picks: lead slots that are passed once, then length
// slots that repeat for ever.
type ring struct {
	cursor atomic.Uint64 // picks handed out; the one thing that picking writes

	slots        []int32 // indexes of eligible
	lead, length uint64
	eligible     []Weighted
	counts       []int32 // slots of each in one cycle

	settled uint64     // picks already in the accounts; Prepare's
	before  *ring      // the one that this replaced, until its last picks are settled; Prepare's
	work    *workspace // the next Prepare's
}

// account is what a backend is owed: its fair share of the picks so far, less those
// it got. The figure itself says nothing, since a change of the set writes debts off
// and in. What counts is how far it ever was from where it is now: picks over any
// window are off by the difference of two of its values.
type account struct {
	below, above float64 // distance to the least and the most it ever was, in picks
}

// Pick implements Picker.
func (r *ring) Pick() *Backend {
	return r.eligible[r.slots[r.slot(r.cursor.Add(1)-1)]].Backend
}

// slot returns the place in slots of the pick of that number.
func (r *ring) slot(pick uint64) uint64 {
	if pick < uint64(len(r.slots)) {
		return pick
	}
	return r.lead + (pick-r.lead)%r.length
}

// settle enters the picks made since the last time into the backends' accounts.
func (r *ring) settle(w *workspace) {
	if r.before != nil {
		r.before.settle(w) // picks made on it after its successor was prepared
		r.before = nil
	}
	now := r.cursor.Load()
	picks := now - r.settled
	if all := r.lead + 2*r.length; picks > all {
		picks -= (picks - all) / r.length * r.length // a whole cycle changes no account
	}
	tallies := sized(&w.tallies, len(r.counts))
	clear(tallies)
	for k := range picks {
		i := r.slots[r.slot(r.settled+k)]
		b, rate := &tallies[i], r.rate(i)
		owed := float64(k)*rate - b.taken
		b.most = max(b.most, owed)
		b.least = min(b.least, owed+rate-1)
		b.taken++
	}
	for i, b := range tallies {
		owed := float64(picks)*r.rate(int32(i)) - b.taken
		a := &r.eligible[i].Backend.account
		a.above = max(a.above, b.most, owed) - owed
		a.below = owed - min(-a.below, b.least, owed)
	}
	r.settled = now
}

// tally is what settle knows of a backend: its picks, and what it was owed.
type tally struct{ taken, least, most float64 }

// rate returns the share of the picks that the backend of that index gets.
func (r *ring) rate(i int32) float64 { return float64(r.counts[i]) / float64(r.length) }
