package balance

import "iter"

// Snapshot is the eligible set at one moment. It never changes.
type Snapshot struct {
	eligible []Weighted // in the order in which the pool met them
	picker   Picker     // nil when none is eligible
}

// Len returns the number of eligible backends.
func (s *Snapshot) Len() int { return len(s.eligible) }

// All yields the eligible backends with their weights, in an order that lasts over
// refreshes.
func (s *Snapshot) All() iter.Seq2[*Backend, int] {
	return func(yield func(*Backend, int) bool) {
		for _, e := range s.eligible {
			if !yield(e.Backend, e.Weight) {
				return
			}
		}
	}
}
