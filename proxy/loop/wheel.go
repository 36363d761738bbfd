//go:build linux && (amd64 || arm64)

package loop

import "time"

const (
	// tick is the wheel's grain: a timer is never early, and up to two of these late.
	tick = 8 * time.Millisecond
	// wheelSlots times tick is a turn, two seconds. As many turns, nine minutes, are kept
	// apart by turn. A timer beyond is looked at once in that time.
	wheelSlots = 256
)

// A timer is embedded in what waits. Its zero value is not set.
type timer struct {
	prev, next *timer // in a slot's ring; nil when not set
	at         int64  // in ticks
	owner      expirer
}

// An expirer is told that its timer, which is no longer set, has run out.
type expirer interface{ expire(l *loop) }

// A wheel holds the timers of one loop: setting and stopping cost the same however
// many there are, and one that is far off costs nothing until it is near. (Varghese and
// Lauck, Hashed and Hierarchical Timing Wheels, 1987, schemes 6 and 7.)
type wheel struct {
	near  circle // a slot is a tick
	far   circle // a slot is a turn
	due   timer  // head of the ring that advance works off
	clock int64  // the tick that it is; whoever owns the wheel sets it
	now   int64  // the tick up to which all timers have run out
	turn  int64  // the turn up to which all timers are near
}

func newWheel() *wheel {
	w := new(wheel)
	w.near.init()
	w.far.init()
	w.due.prev, w.due.next = &w.due, &w.due
	return w
}

// ticks is how many ticks from now d is over, and not before.
func ticks(d time.Duration) int64 {
	n := int64(d / tick)
	if d%tick > 0 {
		n++
	}
	return 1 + max(n, 0)
}

// set makes t run out after d, and not before.
func (w *wheel) set(t *timer, d time.Duration) { w.setAt(t, w.clock+ticks(d)) }

// setAt makes t run out at a tick, or as soon as can be if that is over.
func (w *wheel) setAt(t *timer, at int64) {
	w.stop(t)
	t.at = max(at, w.now+1)
	w.put(t)
}

func (w *wheel) put(t *timer) {
	if turn := t.at / wheelSlots; turn > w.turn && t.at-w.now > wheelSlots {
		w.far.put(t, turn)
		return
	}
	w.near.put(t, t.at)
}

// stop is safe to call whether t is set or not.
func (w *wheel) stop(t *timer) {
	if t.next != nil {
		t.prev.next, t.next.prev = t.next, t.prev
		t.prev, t.next = nil, nil
	}
}

// isSet reports whether t is to run out.
func (t *timer) isSet() bool { return t.next != nil }

// advance lets run out what is due by the clock.
func (w *wheel) advance(l *loop) {
	now := w.clock
	// Each slot once is enough, however much time has passed.
	for turn := max(w.turn, now/wheelSlots-wheelSlots); turn < now/wheelSlots; {
		turn++
		w.turn = turn
		w.far.take(turn, &w.due)
		for w.due.next != &w.due {
			t := w.due.next
			w.stop(t)
			w.put(t)
		}
	}
	w.now = max(w.now, now-wheelSlots)
	for w.now < now {
		w.now++
		// What runs out may set timers in this very slot, so its ring is taken off first.
		w.near.take(w.now, &w.due)
		for w.due.next != &w.due {
			t := w.due.next
			w.stop(t)
			if t.at > now {
				w.put(t) // the slot was only passed on the way
				continue
			}
			t.owner.expire(l)
		}
	}
}

// next returns in how many ticks there is something to do, at least 1; 0 if never.
func (w *wheel) next() int64 {
	near, turns := w.near.next(w.now), w.far.next(w.turn)
	if turns == 0 {
		return near
	}
	far := (w.turn+turns)*wheelSlots - w.now
	if near == 0 {
		return far
	}
	return min(near, far)
}
