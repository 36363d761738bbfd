package balance

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestApportionExact(t *testing.T) {
	tests := []struct {
		weights []int
		want    []int32
	}{
		{[]int{9}, []int32{1}},
		{[]int{50, 20, 10}, []int32{5, 2, 1}},
		{[]int{65_535, 1}, []int32{65_535, 1}},
		{[]int{40_000, 60_000}, []int32{2, 3}},
	}
	for _, tt := range tests {
		got, length := new(workspace).apportion(weighted(tt.weights...))
		sum := 0
		for _, n := range tt.want {
			sum += int(n)
		}
		if !slices.Equal(got, tt.want) || length != sum {
			t.Errorf("weights %v: got %v of %d, want %v of %d", tt.weights, got, length, tt.want, sum)
		}
	}
}

// Beyond the longest ring all are less than a slot off, and a light one among many
// heavy ones still gets a slot.
func TestApportionBeyondTheLongestRing(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 2))
	for range 200 {
		weights := make([]int, 2+rng.IntN(3_000))
		sum := 0
		for i := range weights {
			weights[i] = 1 + rng.IntN(MaxWeight)
			sum += weights[i]
		}
		counts, length := new(workspace).apportion(weighted(weights...))
		if length != longest && sum > 20*longest {
			t.Fatalf("got %d slots, want %d", length, longest)
		}
		total := 0
		for i, n := range counts {
			total += int(n)
			if off := float64(n) - float64(weights[i])*float64(length)/float64(sum); off <= -1 || off >= 1 {
				t.Fatalf("weight %d of %d: %d of %d slots are %.2f off", weights[i], sum, n, length, off)
			}
		}
		if total != length {
			t.Fatalf("got %d slots in all, want %d", total, length)
		}
	}
	canary := slices.Repeat([]int{101}, 10_000)
	canary[7_000] = 1
	if counts, _ := new(workspace).apportion(weighted(canary...)); counts[7_000] != 1 {
		t.Errorf("a weight of 1 beside 9,999 of 101: got %d slots, want 1", counts[7_000])
	}
}
