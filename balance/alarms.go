package balance

import "math"

// alarms spare queues most comparisons where there are many groups. A group whose claim
// is below level has no turn while another's is above it, so it sleeps until the slot in
// which it will have earned the difference. The level is a guess: too low, and many are
// awake; too high, and all must be compared because nobody awake reaches it. After many
// comparisons a new one is set. The order of turns is the same whatever it is.
type alarms struct {
	awake []int32 // groups, in no order
	level claim
	due   []int32 // by slot: a group to wake in it, or none; empty where nobody ever sleeps
	woken int64   // slots whose groups were woken
	vain  int     // comparisons beyond enough for each slot
}

// bed is a group's part in the alarms.
type bed struct {
	up   int32 // its place in awake, or none
	slot int32 // in which it is due, or none
	then int32 // another that is due in the same slot, or none
}

const (
	// enough comparisons cost about as much as all else that a slot costs.
	enough = 16
	// alert is how many groups stay awake when a level is set.
	alert = 6
)

func (q *queues) setAlarms(slots int) {
	if len(q.groups) <= enough {
		slots = 0
	}
	q.due = sized(&q.due, slots)
	q.wakeAll()
}

// wakeAll is for when slots count from 0.
func (q *queues) wakeAll() {
	for t := range q.due {
		q.due[t] = none
	}
	q.level, q.woken, q.vain = math.MinInt64, 0, 0
	q.awake = q.awake[:0]
	for i := range q.groups {
		q.groups[i].slot = none
		q.rise(int32(i))
	}
}

func (q *queues) rise(i int32) {
	g := &q.groups[i]
	g.up, g.slot = int32(len(q.awake)), none
	q.awake = append(q.awake, i)
}

// firstIn returns the first claim in slot t.
func (q *queues) firstIn(t int64) claim {
	if len(q.due) == 0 {
		return q.firstOfAll(t)
	}
	q.wake(t)
	if q.vain > 4*len(q.groups) {
		q.setLevel(t)
	}
	q.vain = max(0, q.vain+len(q.awake)-enough)
	first := claim(math.MinInt64)
	for _, i := range q.awake {
		first = max(first, q.in(i, t))
	}
	if first < q.level {
		q.vain += len(q.groups)
		first = q.firstOfAll(t)
	}
	return first
}

func (q *queues) firstOfAll(t int64) claim {
	first := claim(math.MinInt64)
	earns := q.earns[:len(q.heads)]
	for i, head := range q.heads {
		first = max(first, head+earns[i]*claim(t+1))
	}
	return first
}

// wake wakes the groups that are due up to slot t.
func (q *queues) wake(t int64) {
	for ; q.woken <= t && q.woken < int64(len(q.due)); q.woken++ {
		for i := q.due[q.woken]; i != none; i = q.groups[i].then {
			q.rise(i)
		}
	}
}

// rest sends a group that is awake to sleep in slot t if it is below the level.
func (q *queues) rest(i int32, t int64) {
	g := &q.groups[i]
	c := q.in(i, t)
	if c >= q.level || g.up == none {
		return
	}
	end := len(q.awake) - 1
	other := q.awake[end]
	q.awake[g.up] = other
	q.groups[other].up = g.up
	q.awake = q.awake[:end]
	g.up = none
	q.sleep(i, t, c)
}

// sleep sets the alarm of a group with that claim in slot t.
func (q *queues) sleep(i int32, t int64, c claim) {
	g := &q.groups[i]
	slot := t + max(1, int64(float64(q.level-c)*g.slots)) // one too early does no harm
	if slot >= int64(len(q.due)) {
		return
	}
	g.slot = int32(slot)
	g.then = q.due[slot]
	q.due[slot] = i
}

// setLevel sends all to sleep in slot t but those with the largest claims.
func (q *queues) setLevel(t int64) {
	var most [alert]claim // the least last
	for i := range most {
		most[i] = math.MinInt64
	}
	for i := range q.groups {
		c := q.in(int32(i), t)
		k := alert - 1
		if c <= most[k] {
			continue
		}
		for ; k > 0 && most[k-1] < c; k-- {
			most[k] = most[k-1]
		}
		most[k] = c
	}
	q.level = most[alert-1]
	q.vain = 0
	q.awake = q.awake[:0]
	for i := range q.groups {
		if slot := q.groups[i].slot; slot != none {
			q.due[slot] = none // all of that slot are put to bed anew
		}
	}
	for i := range q.groups {
		g := &q.groups[i]
		g.slot, g.up = none, none
		if c := q.in(int32(i), t); c < q.level {
			q.sleep(int32(i), t, c)
		} else {
			q.rise(int32(i))
		}
	}
}
