package balance

// workspace is memory that one Prepare after another works in: with thousands of
// backends it is a megabyte, and changes may come many a second.
type workspace struct {
	owed         []float64
	order, spare []ranked
	tallies      []tally
	queues       queues
}

// sized returns n elements of what s has kept, with anything in them.
func sized[T any](s *[]T, n int) []T {
	if cap(*s) < n {
		*s = make([]T, n)
	}
	return (*s)[:n]
}
