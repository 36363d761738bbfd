package balance

import "math"

// credits returns what each backend is owed as the next order begins, in picks, and
// the largest debt, to or by a backend that has a history.
//
// A backend with a history is owed the distance to the middle of all that it ever was
// owed, so that what follows widens that range least. Those are not made to even out:
// who is owed most comes first, whatever the sum. A newcomer is owed nothing, and so
// comes about when its share says. Where all are new they start
// staggered over one pick by multiples of the golden ratio, however many of one weight
// there are: that mixes large sets better than a level start, where all of one weight
// come due at once.
func (w *workspace) credits(eligible []Weighted) (owed []float64, worst float64) {
	owed = sized(&w.owed, len(eligible))
	fresh := 0
	for i, e := range eligible {
		a := e.Backend.account
		if a == (account{}) {
			owed[i] = 0
			fresh++
			continue
		}
		owed[i] = min(max((a.below-a.above)/2, -1), 1)
		worst = max(worst, math.Abs(owed[i]))
	}
	if fresh == len(eligible) {
		for i := range owed {
			_, stagger := math.Modf(0.5 + float64(i)*(math.Phi-1))
			owed[i] = 0.5 - stagger
		}
		return owed, worst
	}
	return owed, worst
}
