//go:build linux && (amd64 || arm64)

package loop

import "math/bits"

// A circle is the slots of a wheel. Those who use it count on and on: a number's slot is
// the remainder.
type circle struct {
	slots [wheelSlots]timer       // heads of the rings
	used  [wheelSlots / 64]uint64 // a bit for each slot that may have timers
}

func (c *circle) init() {
	for i := range c.slots {
		c.slots[i].prev, c.slots[i].next = &c.slots[i], &c.slots[i]
	}
}

// put adds a timer that isn't set to a slot.
func (c *circle) put(t *timer, n int64) {
	i := n % wheelSlots
	head := &c.slots[i]
	t.prev, t.next = head.prev, head
	t.prev.next, head.prev = t, t
	c.used[i/64] |= 1 << (i % 64)
}

// take moves a slot's timers to another ring, an empty one.
func (c *circle) take(n int64, to *timer) {
	i := n % wheelSlots
	if c.used[i/64]&(1<<(i%64)) == 0 {
		return
	}
	c.used[i/64] &^= 1 << (i % 64)
	head := &c.slots[i]
	if head.next == head {
		return // all in it were stopped
	}
	to.prev, to.next = head.prev, head.next
	to.prev.next, to.next.prev = to, to
	head.prev, head.next = head, head
}

// next returns how many slots after that one there is one with timers, at least 1; 0
// if there is none.
func (c *circle) next(after int64) int64 {
	for d := int64(1); d <= wheelSlots; {
		i := (after + d) % wheelSlots
		word := c.used[i/64] >> (i % 64)
		if word == 0 {
			d += 64 - i%64
			continue
		}
		d += int64(bits.TrailingZeros64(word))
		if d > wheelSlots {
			return 0
		}
		i = (after + d) % wheelSlots
		if head := &c.slots[i]; head.next != head {
			return d
		}
		c.used[i/64] &^= 1 << (i % 64) // all in it were stopped
		d++
	}
	return 0
}
