package balance

import (
	"math"
	"slices"
)

// none stands for no backend, where an index is expected.
const none = -1

// queues finds the backend that is owed most at any slot. Backends with as many slots
// as each other earn at the same rate and never overtake: they form a group, a queue
// by what they are owed. Only the heads are compared, and of those only the ones that
// are awake, see alarms. There are at most 361 groups: the slots of a cycle can't be
// shared out in more different numbers, since 1 + 2 + ... + 362 > 65,536.
//
// Amounts are in picks times the cycle's length: whole numbers, so that a slot's worth
// is length and a backend earns its number of slots at each.
type queues struct {
	groups []group
	heads  []claim  // by group: of the one whose turn is next, before anything earned since slot 0
	earns  []claim  // by group: each member's share of each slot
	queue  []queued // group by group
	length int64
	again  int32 // the group whose head had the slot before, or none
	alarms
}

// queued is a backend in its queue.
type queued struct {
	owed  int64 // before anything earned since slot 0
	left  int32 // slots not yet given
	index int32
}

// group is a stretch of the queue, used as a ring.
type group struct {
	first, size int32
	at          int32   // in the ring: the head
	slots       float64 // that it takes to earn a claim of one
	bed
}

// spent is owed to a backend that has had all its slots: less than any other.
const spent = -1 << 50

// A claim is an amount with the place of the group beneath it, so that the larger of two
// is that of the group whose turn comes first.
type claim int64

const placeBits = 9

func newClaim(owed int64, group int32) claim {
	return claim(owed<<placeBits | lastPlace - int64(group))
}

const lastPlace = 1<<placeBits - 1

func (c claim) owed() int64  { return int64(c >> placeBits) }
func (c claim) group() int32 { return int32(lastPlace - c&lastPlace) }

// in is the claim of a group's head in slot t, its share of it included.
func (q *queues) in(i int32, t int64) claim { return q.heads[i] + q.earns[i]*claim(t+1) }

// queue queues all backends but one, for so many slots.
func (w *workspace) queue(counts []int32, length int, credits []float64, without int32, slots int) *queues {
	q := &w.queues
	q.length, q.again = int64(length), none
	q.groups, q.heads, q.earns = q.groups[:0], q.heads[:0], q.earns[:0]
	most := int64(slices.Max(counts))
	order := sized(&w.order, len(counts))[:0]
	for i, n := range counts {
		if n > 0 && int32(i) != without {
			// Nobody is owed more than a pick.
			rank := (most-int64(n))*(2*q.length+1) + q.length - inSlots(credits[i], length)
			order = append(order, ranked{uint64(rank), int32(i)})
		}
	}
	q.queue = sized(&q.queue, len(order))
	last := int32(none)
	for at, r := range w.sort(order) {
		n := counts[r.index]
		q.queue[at] = queued{owed: inSlots(credits[r.index], length), left: n, index: r.index}
		if n != last {
			last = n
			earns := claim(n) << placeBits
			q.heads = append(q.heads, newClaim(q.queue[at].owed, int32(len(q.groups))))
			q.earns = append(q.earns, earns)
			q.groups = append(q.groups, group{first: int32(at), slots: 1 / float64(earns)})
		}
		q.groups[len(q.groups)-1].size++
	}
	q.setAlarms(slots)
	return q
}

func inSlots(credit float64, length int) int64 { return int64(math.Round(credit * float64(length))) }

// start makes what was earned up to slot t the amounts to go on from at slot 0.
func (q *queues) start(t int) {
	for i := range q.groups {
		g := &q.groups[i]
		earned := q.earns[i] * claim(t)
		for k := range g.size {
			q.queue[g.first+k].owed += earned.owed()
		}
		q.heads[i] += earned
	}
	q.wakeAll()
}

// most returns the group whose turn it is in slot t, and what its head is owed. Who had
// the slot before does not get a turn unless all others are spent.
func (q *queues) most(t int64) (of int32, owed int64) {
	first := q.firstIn(t)
	if first.group() == q.again {
		first = q.firstBut(t)
	}
	return first.group(), first.owed()
}

// firstBut returns the first claim in slot t if the head of again gives way.
func (q *queues) firstBut(t int64) claim {
	first := q.in(q.again, t) + spent/2<<placeBits
	if g := &q.groups[q.again]; g.size > 1 {
		second := newClaim(q.queue[g.first+g.place(1)].owed, q.again)
		first = max(first, second+q.earns[q.again]*claim(t+1))
	}
	for i := range q.groups {
		if int32(i) != q.again {
			first = max(first, q.in(int32(i), t))
		}
	}
	return first
}

// next returns the place in its group of the one whose turn it is.
func (q *queues) next(of int32) int32 {
	g := &q.groups[of]
	if of == q.again && g.size > 1 {
		if second := g.place(1); q.queue[g.first+second].owed > spent/2 {
			return second
		}
	}
	return g.at
}

// take gives slot t to the next of a group and moves it back to its new place.
func (q *queues) take(of int32, t int64) int32 {
	g := &q.groups[of]
	ring := q.queue[g.first : g.first+g.size]
	next, hole := q.next(of), g.at
	m := ring[next]
	if next != hole { // who gives way stays the head
		ring[next] = ring[hole]
	}
	g.at = g.place(1)
	m.owed -= q.length
	if m.left--; m.left == 0 {
		m.owed = spent
	}
	for hole != g.at {
		before := hole - 1
		if before < 0 {
			before = g.size - 1
		}
		if ring[before].owed >= m.owed {
			break
		}
		ring[hole] = ring[before]
		hole = before
	}
	ring[hole] = m
	q.heads[of] = newClaim(ring[g.at].owed, of)
	q.again = none
	if hole == g.at {
		q.again = of
	}
	if len(q.due) > 0 {
		q.rest(of, t+1)
	}
	return m.index
}

// place returns where in the ring the k-th from its head is.
func (g *group) place(k int32) int32 {
	if k += g.at; k >= g.size {
		k -= g.size
	}
	return k
}
