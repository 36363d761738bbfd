package balance

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

// claimant is a backend of the model that queues must follow: nothing is put to sleep
// and nobody is grouped, all are compared in every slot.
type claimant struct {
	index, count, left int32
	owed               int64
	since              int // when it came to what it is owed
}

// first is the one whose turn it is in slot t: who is owed most, of those the one with
// more slots, of those who has waited longest. last has its turn when nobody else has.
func first(all []*claimant, t int64, last int32) *claimant {
	best := func(a, b *claimant) int {
		return cmp.Or(
			cmp.Compare(b.owed+int64(b.count)*(t+1), a.owed+int64(a.count)*(t+1)),
			cmp.Compare(b.count, a.count),
			cmp.Compare(a.since, b.since),
			cmp.Compare(a.index, b.index),
		)
	}
	var may, spare []*claimant
	for _, c := range all {
		switch {
		case c.left == 0:
		case c.index == last:
			spare = append(spare, c)
		default:
			may = append(may, c)
		}
	}
	if len(may) == 0 {
		may = spare
	}
	return slices.MinFunc(may, best)
}

func TestQueuesFollowWhoIsOwedMost(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 2))
	asleep := 0
	work := new(workspace)
	for round := range 60 {
		weights := make([]int, 2+rng.IntN(90))
		most := []int{1, 3, 60, 200}[rng.IntN(4)]
		for i := range weights {
			weights[i] = 1 + rng.IntN(most)
		}
		counts, length := work.apportion(weighted(weights...))
		credits := make([]float64, len(counts))
		for i := range credits {
			credits[i] = []float64{0, 0.5, 2*rng.Float64() - 1}[rng.IntN(3)]
		}
		q := work.queue(counts, length, credits, none, length)
		var model []*claimant
		for i, n := range counts {
			model = append(model, &claimant{int32(i), n, n, inSlots(credits[i], length), -1})
		}
		last := int32(none)
		given := 0
		for slot := range length {
			asleep += len(q.groups) - len(q.awake)
			if rng.IntN(8) == 0 { // somebody else's slot
				last, q.again = none, none
				continue
			}
			want := first(model, int64(slot), last)
			of, owed := q.most(int64(slot))
			if want.index != last && owed != want.owed+int64(want.count)*int64(slot+1) {
				t.Fatalf("round %d, slot %d: got %d owed, want %d", round, slot, owed, want.owed+int64(want.count)*int64(slot+1))
			}
			last = q.take(of, int64(slot))
			if last != want.index {
				t.Fatalf("round %d, weights %v, slot %d: got backend %d, want %d", round, weights, slot, last, want.index)
			}
			given++
			want.owed -= int64(length)
			want.left--
			want.since = given
		}
	}
	if asleep == 0 {
		t.Error("no group ever slept: nothing was tested")
	}
}

// Distributed or compared, the order is the same.
func TestSort(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 2))
	work := new(workspace)
	for _, n := range []int{0, 1, few, few + 1, 5_000} {
		for _, most := range []uint64{1, 2_000, 1 << 35} {
			list := make([]ranked, n)
			for i := range list {
				list[i] = ranked{rng.Uint64N(most), int32(i)}
			}
			want := slices.Clone(list)
			slices.SortStableFunc(want, func(a, b ranked) int { return cmp.Compare(a.rank, b.rank) })
			if got := work.sort(list); !slices.Equal(got, want) {
				t.Errorf("%d ranks below %d: got another order than a stable sort's", n, most)
			}
		}
	}
}

// What one schedule leaves behind changes none that follows.
func TestWorkspaceIsNoMemory(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 2))
	used := new(workspace)
	for range 200 {
		weights := randomWeights(rng)
		if rng.IntN(4) == 0 {
			weights = mixedWeights(1 + rng.IntN(600))
		}
		eligible := weighted(weights...)
		counts, length := used.apportion(eligible)
		owed, _ := used.credits(eligible)
		owed = slices.Clone(owed)
		lead := rng.IntN(2) * length
		got := used.schedule(counts, length, lead, owed)
		if want := new(workspace).schedule(counts, length, lead, owed); !slices.Equal(got, want) {
			t.Fatalf("weights %v, lead %d: got another schedule in a used workspace", weights, lead)
		}
	}
}
