package balance

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// weighted gives each weight a backend without a history.
func weighted(weights ...int) []Weighted {
	out := make([]Weighted, len(weights))
	for i, w := range weights {
		out[i] = Weighted{Backend: &Backend{}, Weight: w}
	}
	return out
}

// longestRun returns the longest row of one backend, the end joined to the start.
func longestRun(slots []int32) (longest int) {
	run := 0
	for t := range 2 * len(slots) {
		if t > 0 && slots[t%len(slots)] == slots[(t-1)%len(slots)] {
			run++
		} else {
			run = 1
		}
		longest = max(longest, run)
	}
	return min(longest, len(slots))
}

// swing returns the largest difference, over any window, between the picks of a
// backend and its share.
func swing(slots []int32, counts []int32) (worst float64) {
	type reach struct{ taken, least, most float64 }
	seen := make([]reach, len(counts))
	for t := range 2 * len(slots) {
		i := slots[t%len(slots)]
		s, rate := &seen[i], float64(counts[i])/float64(len(slots))
		owed := float64(t)*rate - s.taken
		s.most = max(s.most, owed)
		s.least = min(s.least, owed+rate-1)
		s.taken++
		worst = max(worst, s.most-s.least)
	}
	return worst
}

func randomWeights(rng *rand.Rand) []int {
	weights := make([]int, 2+rng.IntN(12))
	most := []int{1, 2, 5, 20, 100}[rng.IntN(5)]
	for i := range weights {
		weights[i] = 1 + rng.IntN(most)
		if rng.IntN(4) == 0 {
			weights[i] *= 1 + rng.IntN(10)
		}
	}
	return weights
}

// Every run is as short as the weights allow, also when debts are carried into the
// cycle, and no window strays by two.
func TestRunsAndSwing(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 2))
	worst := 0.0
	for range 5_000 {
		weights := randomWeights(rng)
		eligible := weighted(weights...)
		counts, length := new(workspace).apportion(eligible)
		owed, _ := new(workspace).credits(eligible)
		level := rng.IntN(2) == 0
		if !level {
			for i := range owed {
				owed[i] = 2*rng.Float64() - 1
			}
		}
		slots := new(workspace).schedule(counts, length, 0, owed)

		got := make([]int32, len(counts))
		for _, i := range slots {
			got[i]++
		}
		if !slices.Equal(got, counts) {
			t.Fatalf("weights %v: got slots %v, want %v", weights, got, counts)
		}
		top := int(slices.Max(counts))
		want := 1
		if others := length - top; top > others {
			want = (top + others - 1) / others
		}
		if got := longestRun(slots); got > want {
			t.Fatalf("weights %v, owed %v: got a run of %d, want %d at most, in %v", weights, owed, got, want, slots)
		}
		if level {
			worst = max(worst, swing(slots, counts))
		}
	}
	t.Logf("largest swing of a new set: %.3f", worst)
	if worst >= 2 {
		t.Errorf("got a swing of %.3f, want less than 2", worst)
	}
}

func TestLargeSetsAreSmooth(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 2))
	for _, n := range []int{300, 10_000} {
		weights := make([]int, n)
		for i := range weights {
			weights[i] = 1 + rng.IntN(100)
		}
		eligible := weighted(weights...)
		counts, length := new(workspace).apportion(eligible)
		owed, _ := new(workspace).credits(eligible)
		slots := new(workspace).schedule(counts, length, 0, owed)
		got := swing(slots, counts)
		t.Logf("%d backends, %d slots: swing %.3f", n, length, got)
		if got > 1.25 {
			t.Errorf("%d backends: got a swing of %.3f, want 1.25 at most", n, got)
		}
		if run := longestRun(slots); run != 1 {
			t.Errorf("%d backends: got a run of %d, want 1", n, run)
		}
	}
}

func TestSpreadPartsNeighbours(t *testing.T) {
	for _, slots := range [][]int32{
		{0, 0, 1, 2},
		{0, 1, 2, 0},             // across the end
		{0, 1, 2, 1, 0, 0},       // three in a row across the end
		{0, 0, 0, 1, 2, 3, 4},    // a run
		{1, 0, 0, 2, 2, 0, 3, 1}, // several
		{0, 1, 0, 1, 0, 0, 1, 1},
	} {
		before := slices.Clone(slots)
		spread(slots, none, false)
		if got := longestRun(slots); got != 1 {
			t.Errorf("%v: got %v with a run of %d, want 1", before, slots, got)
		}
		if !slices.Equal(slices.Sorted(slices.Values(before)), slices.Sorted(slices.Values(slots))) {
			t.Errorf("%v: got %v, other numbers of slots", before, slots)
		}
	}
	heavy := []int32{7, 7, 7, 1, 7, 7, 2, 2, 7}
	spread(heavy, 7, true)
	if slices.Index(heavy, 1) < 0 || longestRun(heavy) > 4 || heavy[7] == 2 && heavy[6] == 2 {
		t.Errorf("got %v, want the 2s apart", heavy)
	}
}
