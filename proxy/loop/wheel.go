//go:build linux && (amd64 || arm64)

package loop

import (
	"math/bits"
	"time"
)

const (
	// tick is the wheel's grain: a timer is never early, and up to two of these late.
	tick = 8 * time.Millisecond
	// wheelSlots times tick is a turn, two seconds. A timer beyond a turn is looked
	// at once a turn.
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
// many there are. (Varghese and Lauck, Hashed and Hierarchical Timing Wheels, 1987,
// scheme 6.)
type wheel struct {
	slots [wheelSlots]timer // heads of the rings
	used  [wheelSlots / 64]uint64
	due   timer // head of the ring that advance works off
	clock int64 // the tick that it is; whoever owns the wheel sets it
	now   int64 // the tick up to which all timers have run out
}

func newWheel() *wheel {
	w := new(wheel)
	for i := range w.slots {
		w.slots[i].prev, w.slots[i].next = &w.slots[i], &w.slots[i]
	}
	return w
}

// set makes t run out after d, and not before.
func (w *wheel) set(t *timer, d time.Duration) {
	w.stop(t)
	t.at = w.clock + 1 + int64((max(d, 0)+tick-1)/tick)
	w.put(t)
}

func (w *wheel) put(t *timer) {
	i := t.at % wheelSlots
	head := &w.slots[i]
	t.prev, t.next = head.prev, head
	t.prev.next, head.prev = t, t
	w.used[i/64] |= 1 << (i % 64)
}

// stop is safe to call whether t is set or not.
func (w *wheel) stop(t *timer) {
	if t.next != nil {
		t.prev.next, t.next.prev = t.next, t.prev
		t.prev, t.next = nil, nil
	}
}

// advance lets run out what is due by the clock.
func (w *wheel) advance(l *loop) {
	now := w.clock
	if now-w.now > wheelSlots {
		w.now = now - wheelSlots // each slot once is enough
	}
	for w.now < now {
		w.now++
		i := w.now % wheelSlots
		if w.used[i/64]&(1<<(i%64)) == 0 {
			continue
		}
		w.used[i/64] &^= 1 << (i % 64)
		// What runs out may set timers in this very slot, so its ring is taken off first.
		head := &w.slots[i]
		if head.next == head {
			continue
		}
		due := &w.due
		due.prev, due.next = head.prev, head.next
		due.prev.next, due.next.prev = due, due
		head.prev, head.next = head, head
		for due.next != due {
			t := due.next
			w.stop(t)
			if t.at > now {
				w.put(t) // in a later turn
				continue
			}
			t.owner.expire(l)
		}
	}
}

// next returns in how many ticks the next slot with timers is reached, at least 1; 0
// if there is none.
func (w *wheel) next() int64 {
	for d := int64(1); d <= wheelSlots; {
		i := (w.now + d) % wheelSlots
		word := w.used[i/64] >> (i % 64)
		if word == 0 {
			d += 64 - i%64
			continue
		}
		d += int64(bits.TrailingZeros64(word))
		if d > wheelSlots {
			return 0
		}
		i = (w.now + d) % wheelSlots
		if head := &w.slots[i]; head.next != head {
			return d
		}
		w.used[i/64] &^= 1 << (i % 64) // all in it were stopped
		d++
	}
	return 0
}
