package balance

// spread takes backends apart that stand next to themselves in a cycle, its end
// joined to its start. mayRun says that top may.
//
// Of two alike, one is moved to the nearest gap between two others, all in between
// moving up by one slot. There always is such a gap: a backend with at most half of
// the slots, two of them side by side, can't touch every gap. Each move leaves one
// such pair less, so it ends. It is hardly ever needed, and then for one or two slots.
func spread(slots []int32, top int32, mayRun bool) {
	c := circle(slots)
	for t, b := range c {
		if after := t + 1; after < len(c) && c[after] != b { // nearly all
			continue
		}
		for c.at(t) == c.at(t+1) && !(mayRun && c.at(t) == top) && c.part(t) {
		}
	}
}

// circle is a cycle of slots, to be addressed from any of them either way.
type circle []int32

func (c circle) index(t int) int { return ((t % len(c)) + len(c)) % len(c) }
func (c circle) at(t int) int32  { return c[c.index(t)] }

// part moves slot t or the same backend's slot t+1 to the nearest gap, without going
// past the cycle's end if that can be: its first slots are the next to be picked. It
// reports whether there was one.
func (c circle) part(t int) bool {
	b := c.at(t)
	for d := 1; d < len(c); d++ {
		around := d > len(c)/2
		if (around || t+2+d < len(c)) && c.at(t+1+d) != b && c.at(t+2+d) != b {
			c.move(t+1, d, 1)
			return true
		}
		if (around || t-d-1 >= 0) && c.at(t-d) != b && c.at(t-d-1) != b {
			c.move(t, d, -1)
			return true
		}
	}
	return false
}

// move takes slot t to distance d in a direction, 1 or -1.
func (c circle) move(t, d, direction int) {
	b := c.at(t)
	for ; d > 0; d-- {
		c[c.index(t)] = c.at(t + direction)
		t += direction
	}
	c[c.index(t)] = b
}
