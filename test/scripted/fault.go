package scripted

import (
	"slices"
	"sync"
)

// A Fault is one way to answer wrongly. A poll that it hits is answered at once, without waiting
// for a change.
type Fault struct {
	Name  string
	spoil func(*reply, *begun)
	moves bool // the index goes on when it begins and when it ends
}

// A Target says what a fault hits.
type Target struct {
	Service string // empty: every one
	Kinds   Kind
}

// A begun fault hits what comes until it is mended.
type begun struct {
	fault  Fault
	target Target
	mended chan struct{} // closed when it is
}

// Break begins a fault, which hits polls that wait as well. Where several hit the same, each
// spoils what those before have left. It ends when the returned function is called, once or more.
func (c *Consul) Break(f Fault, on Target) (mend func()) {
	b := &begun{fault: f, target: on, mended: make(chan struct{})}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = append(c.faults, b)
	c.shift(b)
	return sync.OnceFunc(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.faults = slices.DeleteFunc(slices.Clone(c.faults), func(o *begun) bool { return o == b })
		close(b.mended)
		c.shift(b)
	})
}

// shift wakes polls at the beginning and at the end of a fault. The caller holds mu.
func (c *Consul) shift(b *begun) {
	c.move()
	for name, s := range c.services {
		if b.fault.moves && b.target.hits(query{kind: b.target.Kinds & Reads, service: name}) {
			c.touch(s)
		}
	}
}

func (t Target) hits(q query) bool {
	return t.Kinds&q.kind != 0 && (t.Service == "" || q.kind == Pulse || t.Service == q.service)
}

// hitting are the faults that hit the query. The caller holds mu.
func (c *Consul) hitting(q query) (faults []*begun) {
	for _, b := range c.faults {
		if b.target.hits(q) {
			faults = append(faults, b)
		}
	}
	return faults
}
