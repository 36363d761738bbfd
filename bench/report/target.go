package report

import "fmt"

// A Target is a bound that weir is to keep in the median over the rounds.
type Target struct {
	Workload string // what has to be measured for it
	What     string
	Least    bool // the bound is a least value, else a greatest
	Bound    float64
	values   func(Samples) []float64 // by round
}

// A Verdict is what was seen of a target.
type Verdict struct {
	Workload, What, Want string
	Seen                 Spread
	State                string // met, missed, not measured
}

// Judge compares what was seen with the target.
func (t Target) Judge(s Samples) Verdict {
	want := "at most "
	if t.Least {
		want = "at least "
	}
	v := Verdict{t.Workload, t.What, want + fmt.Sprint(t.Bound), SpreadOf(t.values(s)), "missed"}
	switch {
	case v.Seen.N == 0:
		v.State = "not measured"
	case t.Least && v.Seen.Median >= t.Bound, !t.Least && v.Seen.Median <= t.Bound:
		v.State = "met"
	}
	return v
}

// over bounds weir's figure over a rival's.
func over(workload string, f Figure, rival string, bound float64) Target {
	return Target{
		Workload: workload,
		What:     fmt.Sprintf("%s over %s's", f, rival),
		Least:    f == Throughput,
		Bound:    bound,
		values: func(s Samples) []float64 {
			return inOrder(s.ratios(pair{workload, Weir}, pair{workload, rival}, f))
		},
	}
}

// overBetter bounds weir's figure over the lower one of two rivals, round by round.
func overBetter(workload string, f Figure, one, other string, bound float64) Target {
	return Target{
		Workload: workload,
		What:     fmt.Sprintf("%s over the better of %s's and %s's", f, one, other),
		Bound:    bound,
		values: func(s Samples) []float64 {
			others := s.ratios(pair{workload, Weir}, pair{workload, other}, f)
			worse := map[int]float64{} // to the better rival weir's ratio is the higher one
			for round, ratio := range s.ratios(pair{workload, Weir}, pair{workload, one}, f) {
				if second, ok := others[round]; ok {
					worse[round] = max(ratio, second)
				}
			}
			return inOrder(worse)
		},
	}
}

// overOther bounds weir's figure under one workload over that under another.
func overOther(workload, other string, f Figure, bound float64) Target {
	return Target{
		Workload: workload,
		What:     fmt.Sprintf("%s over that of %s", f, other),
		Bound:    bound,
		values: func(s Samples) []float64 {
			return inOrder(s.ratios(pair{workload, Weir}, pair{other, Weir}, f))
		},
	}
}

// own bounds a figure itself.
func own(workload, row string, f Figure, unit string, bound float64) Target {
	what := fmt.Sprintf("%s, %s", f, unit)
	if row != Weir {
		what = row + ": " + what
	}
	return Target{
		Workload: workload,
		What:     what,
		Least:    f == Held,
		Bound:    bound,
		values:   func(s Samples) []float64 { return s.Values(workload, row, f) },
	}
}
