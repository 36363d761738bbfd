package report

import (
	"maps"
	"slices"
)

// A pair is a workload with a rival.
type pair struct{ workload, rival string }

// ratios returns one figure of a pair's over another's, by round: only what was
// measured side by side is compared, for the machine's own speed drifts.
func (s Samples) ratios(top, bottom pair, f Figure) map[int]float64 {
	below := s.byRound(bottom, f)
	ratios := map[int]float64{}
	for round, v := range s.byRound(top, f) {
		if b := below[round]; b > 0 {
			ratios[round] = v / b
		}
	}
	return ratios
}

func (s Samples) byRound(p pair, f Figure) map[int]float64 {
	values := map[int]float64{}
	for _, x := range s {
		if v, ok := x.Figures[f]; ok && x.Workload == p.workload && x.Rival == p.rival {
			values[x.Round] = v
		}
	}
	return values
}

// Ratio is the spread of one figure of rival's over another's under one workload.
func (s Samples) Ratio(workload, rival, over string, f Figure) Spread {
	return SpreadOf(inOrder(s.ratios(pair{workload, rival}, pair{workload, over}, f)))
}

func inOrder(byRound map[int]float64) []float64 {
	var values []float64
	for _, round := range slices.Sorted(maps.Keys(byRound)) {
		values = append(values, byRound[round])
	}
	return values
}
