package report

import (
	"math"
	"slices"
	"testing"
)

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   Spread
	}{
		{[]float64{3}, Spread{3, 3, 3, 1}},
		{[]float64{9, 1, 4}, Spread{1, 4, 9, 3}},
		{[]float64{9, 1, 4, 6}, Spread{1, 5, 9, 4}},
	} {
		given := slices.Clone(c.values)
		if got := SpreadOf(given); got != c.want {
			t.Errorf("%v: got %+v, want %+v", c.values, got, c.want)
		}
		if !slices.Equal(given, c.values) {
			t.Errorf("%v was changed to %v", c.values, given)
		}
	}
	if got := SpreadOf(nil); got.N != 0 || !math.IsNaN(got.Median) {
		t.Errorf("of nothing: got %+v", got)
	}
}

func sample(round int, workload, rival string, f Figure, v float64) Sample {
	return Sample{Round: round, Workload: workload, Rival: rival, Figures: map[Figure]float64{f: v}}
}

// TestRatio has a machine that gets faster by the round: only ratios within a
// round tell that the two differ by a factor.
func TestRatio(t *testing.T) {
	s := Samples{
		sample(1, "conn", "weir", Cost, 80), sample(1, "conn", "nginx", Cost, 100),
		sample(2, "conn", "nginx", Cost, 50), sample(2, "conn", "weir", Cost, 60),
		sample(3, "conn", "weir", Cost, 9), sample(3, "conn", "nginx", Cost, 10),
		sample(4, "conn", "weir", Cost, 7),                                      // nginx failed
		sample(5, "conn", "nginx", Cost, 7),                                     // weir failed
		sample(6, "conn", "weir", Cost, 1), sample(6, "conn", "nginx", Cost, 0), // nothing to divide by
		sample(1, "rr-64-1", "weir", Cost, 1), sample(1, "conn", "weir", P99, 5), // other workload, other figure
	}
	got, want := s.Ratio("conn", "weir", "nginx", Cost), Spread{0.8, 0.9, 1.2, 3}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := s.Ratio("conn", "weir", "haproxy", Cost); got.N != 0 {
		t.Errorf("over one that wasn't measured: got %+v", got)
	}
}
