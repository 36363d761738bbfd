package balance

import (
	"math"
	"slices"
	"sync"
	"testing"
)

// Whoever has room and wasn't tried is found, and nobody else, whatever the weights.
func TestPickBelow(t *testing.T) {
	p := NewPool(nil)
	if p.PickBelow(1, nil) != nil {
		t.Error("got a backend of none")
	}
	p.Update([]Member{
		member("a", "10.0.0.1:1", MaxWeight), member("b", "10.0.0.2:1", 2),
		member("c", "10.0.0.3:1", 1), member("d", "10.0.0.4:1", 1),
	}, Admission{})
	var all []*Backend
	for b := range p.Snapshot().All() {
		all = append(all, b)
	}
	subset := func(mask int) (set []*Backend) {
		for i, b := range all {
			if mask>>i&1 == 1 {
				set = append(set, b)
			}
		}
		return set
	}
	for full := range 1 << len(all) {
		for _, b := range all {
			b.Active.Store(4)
		}
		for _, b := range subset(full) {
			b.Active.Store(5)
		}
		for mask := range 1 << len(all) {
			tried := subset(mask)
			got := map[*Backend]bool{}
			for range 40 {
				got[p.PickBelow(5, tried)] = true
			}
			for _, b := range all {
				if got[b] && (b.Active.Load() == 5 || slices.Contains(tried, b)) {
					t.Errorf("full %b, tried %b: got %v", full, mask, b)
				}
			}
			if none := full|mask == 1<<len(all)-1; got[nil] != none {
				t.Errorf("full %b, tried %b: got nil: %v, want %v", full, mask, got[nil], none)
			}
		}
	}
}

// With room everywhere it is Pick's own order.
func TestPickBelowKeepsShares(t *testing.T) {
	p, _ := poolOf(5, 3, 2)
	count := map[int]int{}
	for range 1_000 {
		b := p.PickBelow(math.MaxInt, nil)
		for backend, w := range p.Snapshot().All() {
			if backend == b {
				count[w]++
			}
		}
	}
	for w, n := range count {
		if n != 100*w {
			t.Errorf("weight %d: got %d of 1000", w, n)
		}
	}
}

// What the full ones leave goes to all others, about evenly, also where they are found by
// looking through all.
func TestPickBelowAmongFull(t *testing.T) {
	weights := make([]int, 1_000)
	for i := range weights {
		weights[i] = 1
	}
	p, backends := poolOf(weights...)
	free := map[*Backend]int{}
	for i, b := range backends {
		if i%100 == 0 {
			free[b] = 0
		} else {
			b.Active.Store(1)
		}
	}
	for range 5_000 {
		free[p.PickBelow(1, nil)]++
	}
	for b, n := range free {
		if n < 300 || n > 700 {
			t.Errorf("%v: got %d of 5000, want about 500", b, n)
		}
	}
	if len(free) != 10 {
		t.Errorf("got %d backends, want the 10 with room", len(free))
	}
}

// Many who take their place as they should never have more than the limit, and fill all.
func TestPickBelowAtOnce(t *testing.T) {
	const most, clients = 7, 16
	p, backends := poolOf(9, 1, 1, 5)
	var joined sync.WaitGroup
	for range clients {
		joined.Go(func() {
			for {
				b := p.PickBelow(most, nil)
				if b == nil {
					return
				}
				if b.Active.Add(1) > most {
					b.Active.Add(-1)
				}
			}
		})
	}
	joined.Wait()
	for _, b := range backends {
		if got := b.Active.Load(); got != most {
			t.Errorf("%v: got %d connections, want %d", b, got, most)
		}
	}
}

func TestPickBelowAllocatesNothing(t *testing.T) {
	p, backends := poolOf(4, 3, 2, 1)
	tried := backends[:1]
	backends[1].Active.Store(9)
	for _, most := range []int{10, 9, 0} {
		if n := testing.AllocsPerRun(100, func() { p.PickBelow(most, tried) }); n != 0 {
			t.Errorf("below %d: got %v allocations, want none", most, n)
		}
	}
}
