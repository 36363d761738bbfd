package main

import "sync"

const (
	demoBackends = 3
	demoSteps    = 4
)

// demoCounts is what became of the demo's requests, each a connection of its own.
type demoCounts struct {
	answered [demoSteps][demoBackends]int // by step of the demo, and by who answered
	failed   int
	cut      int // joined to a backend that was killed then: no failure of weir's
}

// backend is how many requests the i-th backend answered.
func (c demoCounts) backend(i int) (n int) {
	for _, step := range c.answered {
		n += step[i]
	}
	return n
}

// total is how many requests came to an end.
func (c demoCounts) total() int {
	n := c.failed + c.cut
	for i := range demoBackends {
		n += c.backend(i)
	}
	return n
}

// A demoTally counts while the demo runs.
type demoTally struct {
	mu     sync.Mutex // guards following
	step   int        // that answers are counted under
	counts demoCounts
}

func (t *demoTally) enter(step int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.step = step
}

func (t *demoTally) answered(backend int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts.answered[t.step][backend]++
}

func (t *demoTally) failed() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts.failed++
}

func (t *demoTally) cut() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts.cut++
}

// now returns the counts so far.
func (t *demoTally) now() demoCounts {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.counts
}
