package balance

// Policy decides which eligible backend gets the next connection. A Pool asks it
// for a Picker each time that the eligible set or a weight changes; every pick in
// between is the Picker's affair.
type Policy interface {
	// Prepare returns the picker for the eligible backends, of which there is at
	// least one, each listed once. The slice is never written again, so the picker
	// may keep it. previous is the last picker that this policy prepared for the
	// pool, nil at first: it may serve picks until after Prepare has returned, and is
	// where a policy finds what it must carry over. A Pool makes one call at a time.
	Prepare(eligible []Weighted, previous Picker) Picker
}

// Picker hands out backends, to any number of goroutines at once, never nil. It
// takes no lock and allocates nothing.
type Picker interface {
	Pick() *Backend
}

// Weighted is an eligible backend with its weight, from 1 to MaxWeight.
type Weighted struct {
	Backend *Backend
	Weight  int
}
