package balance

import (
	"cmp"
	"math"
	"slices"
)

// none stands for no backend, where an index is expected.
const none = -1

// queues finds the backend that is owed most at any slot. Backends with as many slots
// as each other earn at the same rate and never overtake: they form a group, a queue
// by what they are owed. Only the heads are compared. There are few groups: the slots
// of a cycle can't be shared out in more than 361 different numbers, since
// 1 + 2 + ... + 362 > 65,536.
//
// Amounts are in picks times the cycle's length: whole numbers, so that a slot's worth
// is length and a backend earns its number of slots at each.
type queues struct {
	groups []group
	queue  []int32 // backends, group by group
	owed   []int64 // by backend, before anything earned since slot 0
	left   []int32 // by backend: slots not yet given
	length int64
}

// group is a stretch of the queue, used as a ring.
type group struct {
	count       int64 // slots of each member
	owed        int64 // to the member at the head
	first, size int32
	head        int32 // from first
}

// spent is owed to a backend that has had all its slots: less than any other.
const spent = math.MinInt64 / 2

func newQueues(counts []int32, length int, credits []float64, without int32) *queues {
	q := &queues{
		queue:  make([]int32, 0, len(counts)),
		owed:   make([]int64, len(counts)),
		left:   slices.Clone(counts),
		length: int64(length),
	}
	for i, n := range counts {
		q.owed[i] = int64(math.Round(credits[i] * float64(length)))
		if n > 0 && int32(i) != without {
			q.queue = append(q.queue, int32(i))
		}
	}
	slices.SortFunc(q.queue, func(a, b int32) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(q.owed[b], q.owed[a]), cmp.Compare(a, b))
	})
	for at, i := range q.queue {
		if at == 0 || counts[i] != counts[q.queue[at-1]] {
			q.groups = append(q.groups, group{count: int64(counts[i]), owed: q.owed[i], first: int32(at)})
		}
		q.groups[len(q.groups)-1].size++
	}
	return q
}

// start makes what was earned up to slot t the amounts to go on from at slot 0.
func (q *queues) start(t int) {
	for i := range q.groups {
		g := &q.groups[i]
		for _, b := range q.queue[g.first : g.first+g.size] {
			q.owed[b] += g.count * int64(t)
		}
		g.owed += g.count * int64(t)
	}
}

// most returns the group whose turn it is in slot t, and what its head is owed. last
// does not get a turn unless all others are spent.
func (q *queues) most(t int64, last int32) (of int, most int64) {
	most = math.MinInt64
	for i := range q.groups {
		g := &q.groups[i]
		owed := g.owed + g.count*(t+1)
		if owed <= most {
			continue
		}
		if q.queue[g.first+g.head] == last {
			owed += spent / 2
			if g.size > 1 {
				owed = max(owed, q.owed[q.queue[g.place(1)]]+g.count*(t+1))
			}
			if owed <= most {
				continue
			}
		}
		of, most = i, owed
	}
	return of, most
}

// head returns the backend whose turn it is in a group.
func (q *queues) head(of int, last int32) int32 {
	g := &q.groups[of]
	head := q.queue[g.place(0)]
	if head != last || g.size == 1 {
		return head
	}
	if next := q.queue[g.place(1)]; q.owed[next] > spent/2 {
		return next
	}
	return head
}

// take gives a slot to the head of a group and moves it back to its new place.
func (q *queues) take(of int, last int32) int32 {
	g := &q.groups[of]
	i := q.head(of, last)
	if i != q.queue[g.place(0)] { // last waits at the head
		q.queue[g.place(1)], q.queue[g.place(0)] = q.queue[g.place(0)], i
	}
	q.owed[i] -= q.length
	if q.left[i]--; q.left[i] == 0 {
		q.owed[i] = spent
	}
	if g.head++; g.head == g.size {
		g.head = 0
	}
	k := g.size - 1
	for ; k > 0 && q.owed[q.queue[g.place(k-1)]] < q.owed[i]; k-- {
		q.queue[g.place(k)] = q.queue[g.place(k-1)]
	}
	q.queue[g.place(k)] = i
	g.owed = q.owed[q.queue[g.place(0)]]
	return i
}

// place returns where in the queue the k-th of the group is, from its head.
func (g *group) place(k int32) int32 {
	if k += g.head; k >= g.size {
		k -= g.size
	}
	return g.first + k
}
