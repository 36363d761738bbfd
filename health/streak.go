package health

// Streak turns the results of heartbeats into verdicts. The very first result is a verdict by itself; from then on it takes
// Rise good ones in a row to come up and Fall bad ones in a row to go down.
//
// It is not safe for concurrent use.
type Streak struct {
	Rise, Fall int // at least 1; less counts as 1

	state    State
	contrary int // results in a row that speak against state
}

// Observe takes one result. It returns the verdict after it, and reports whether that is a new one.
func (s *Streak) Observe(ok bool) (state State, changed bool) {
	seen, needed := Down, s.Fall
	if ok {
		seen, needed = Up, s.Rise
	}
	if seen == s.state {
		s.contrary = 0
		return s.state, false
	}
	s.contrary++
	if s.state != Unproven && s.contrary < needed {
		return s.state, false
	}
	s.state, s.contrary = seen, 0
	return s.state, true
}

// goOn begins where another streak stands, whatever that one's Rise and Fall.
func (s *Streak) goOn(from Streak) { s.state, s.contrary = from.state, from.contrary }
