package balance

import "slices"

// Rearrange tells that the next Select has other tiers than the last one had: for each of them
// the place that it had before, -1 if it is new. If the tier in use is gone, the best one that
// has anybody takes its place.
func (s *Selector) Rearrange(from []int) {
	if s.tiers == nil {
		return
	}
	tiers := make([]standing, len(from))
	for i, was := range from {
		if was >= 0 {
			tiers[i] = s.tiers[was]
		}
	}
	s.tiers = tiers
	s.used = max(0, slices.Index(from, s.used))
}
