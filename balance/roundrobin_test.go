package balance

import (
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"testing"
)

// members has one for each weight, all eligible.
func members(weights ...int) []Member {
	out := make([]Member, len(weights))
	for i, w := range weights {
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}), 80)
		out[i] = Member{Name: fmt.Sprintf("n%04d/web", i), Addr: addr, CatalogWeight: w, HeartbeatWeight: w, Heartbeat: Up}
	}
	return out
}

// poolOf has one eligible backend for each weight, which backends lists in that order.
func poolOf(weights ...int) (p *Pool, backends []*Backend) {
	p = NewPool(nil)
	p.Update(members(weights...), Admission{})
	for b := range p.Snapshot().All() {
		backends = append(backends, b)
	}
	return p, backends
}

func TestAnyWindowOfOneCycleIsExact(t *testing.T) {
	for _, weights := range [][]int{
		{1}, {7, 7, 7}, {5, 2, 1}, {50, 20, 10}, {1, 2, 3, 4, 5}, {2, 1, 1}, {9, 1}, {3, 100, 3, 40}, {65_535, 1}, {6, 10, 15},
	} {
		p, backends := poolOf(weights...)
		counts, length := new(workspace).apportion(p.Snapshot().eligible)
		var picks []*Backend
		window := map[*Backend]int{}
		for n := range 3 * length {
			b := p.Pick()
			picks = append(picks, b)
			window[b]++
			if n >= length {
				window[picks[n-length]]--
			}
			if n+1 < length {
				continue
			}
			for i, b := range backends {
				if window[b] != int(counts[i]) {
					t.Fatalf("weights %v, picks %d to %d: got %d of backend %d, want %d", weights, n+1-length, n, window[b], i, counts[i])
				}
			}
		}
	}
}

func TestFiveTwoOne(t *testing.T) {
	p, backends := poolOf(5, 2, 1)
	count := map[*Backend]int{}
	for range 8_000 {
		count[p.Pick()]++
	}
	for i, want := range []int{5_000, 2_000, 1_000} {
		if got := count[backends[i]]; got != want {
			t.Errorf("backend %d: got %d, want %d", i, got, want)
		}
	}
}

// The same when the three became eligible one after another, each with picks between.
func TestFiveTwoOneOneByOne(t *testing.T) {
	p := NewPool(nil)
	all := members(5, 2, 1)
	for n := range all {
		p.Update(all[:n+1], Admission{})
		for range 3 {
			p.Pick()
		}
	}
	count := map[string]int{}
	for range 8_000 {
		count[p.Pick().Name()]++
	}
	for i, want := range []int{5_000, 2_000, 1_000} {
		if got := count[all[i].Name]; got != want {
			t.Errorf("backend %d: got %d, want %d", i, got, want)
		}
	}
}

func TestExactWithManyAtOnce(t *testing.T) {
	const goroutines, each = 32, 2_500 // 10,000 cycles of 8 in all
	p, backends := poolOf(5, 2, 1)
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for range each {
				p.Pick().Connections.Add(1)
			}
		})
	}
	wg.Wait()
	for i, want := range []uint64{50_000, 20_000, 10_000} {
		if got := backends[i].Connections.Load(); got != want {
			t.Errorf("backend %d: got %d, want %d", i, got, want)
		}
	}
}

// Picks go on while the set changes under them, and every one is accounted for.
func TestPicksDuringChanges(t *testing.T) {
	p, _ := poolOf(5, 2, 1)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if b := p.Pick(); b == nil {
					t.Error("got no backend")
					return
				}
				if p.PickOther(nil) == nil {
					t.Error("got no other backend")
					return
				}
			}
		})
	}
	sets := [][]Member{members(5, 2, 1, 4), members(5), members(1, 1, 1), members(9, 2, 1), members(5, 0, 1)}
	for n := range 500 {
		p.Update(sets[n%len(sets)], Admission{})
	}
	close(stop)
	wg.Wait()
	for range 2 { // the second settles what was picked late from the first's predecessor
		p.Update(members(5, 2), Admission{})
		p.Update(members(5, 2, 1), Admission{})
	}
	for range 8 { // may make up for the turmoil
		p.Pick()
	}
	count := map[string]int{}
	for range 80 {
		count[p.Pick().Name()]++
	}
	if got := slices.Sorted(func(yield func(int) bool) {
		for _, n := range count {
			if !yield(n) {
				return
			}
		}
	}); !slices.Equal(got, []int{10, 20, 50}) {
		t.Errorf("after the changes: got %v, want 10, 20 and 50", got)
	}
}

func TestPickAllocatesNothing(t *testing.T) {
	p, backends := poolOf(5, 2, 1)
	if got := testing.AllocsPerRun(1_000, func() { p.Pick() }); got != 0 {
		t.Errorf("Pick: got %v allocations, want 0", got)
	}
	tried := backends[:2]
	if got := testing.AllocsPerRun(1_000, func() { p.PickOther(tried) }); got != 0 {
		t.Errorf("PickOther: got %v allocations, want 0", got)
	}
}
