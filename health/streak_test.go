package health

import "testing"

func TestStreak(t *testing.T) {
	// Results: + good, - bad. Verdicts, one after each result: ? unproven, u up, d down; a capital where it is new.
	tests := []struct {
		name       string
		rise, fall int
		results    string
		verdicts   string
	}{
		{"first good", 3, 3, "+", "U"},
		{"first bad", 3, 3, "-", "D"},
		{"up stays up", 2, 3, "+++", "Uuu"},
		{"down stays down", 2, 3, "---", "Ddd"},
		{"falls at the third", 1, 3, "+---", "UuuD"},
		{"rises at the second", 2, 3, "-++", "DdU"},
		{"good one resets the fall", 1, 3, "+--+--+---", "UuuuuuuuuD"},
		{"bad one resets the rise", 3, 1, "-++-++-+++", "DddddddddU"},
		{"alternating never falls", 1, 2, "+-+-+-+-", "Uuuuuuuu"},
		{"alternating never rises", 2, 1, "-+-+-+-+", "Dddddddd"},
		{"one and one", 1, 1, "+-+--+", "UDUDdU"},
		{"a fall starts a new count", 2, 2, "+--+-++", "UuDdddU"},
		{"a rise starts a new count", 2, 3, "-++--+---", "DdUuuuuuD"},
		{"less than one is one", 0, 0, "+-+", "UDU"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := Streak{Rise: test.rise, Fall: test.fall}
			got := ""
			for _, r := range test.results {
				got += verdict(s.Observe(r == '+'))
			}
			if got != test.verdicts {
				t.Errorf("results %s: got verdicts %s, want %s", test.results, got, test.verdicts)
			}
		})
	}
}

func verdict(s State, changed bool) string {
	switch {
	case s == Up && changed:
		return "U"
	case s == Up:
		return "u"
	case s == Down && changed:
		return "D"
	case s == Down:
		return "d"
	}
	return "?"
}

// FuzzStreak compares with a model that keeps all results and looks back at them.
func FuzzStreak(f *testing.F) {
	f.Add(uint8(1), uint8(3), []byte{1, 0, 0, 1, 0, 0, 0, 1})
	f.Add(uint8(4), uint8(2), []byte{0, 1, 1, 1, 0, 1, 1, 1, 1, 0, 0})
	f.Fuzz(func(t *testing.T, rise, fall uint8, results []byte) {
		s := Streak{Rise: int(rise), Fall: int(fall)}
		want, since := Unproven, 0 // the model's verdict, and where the results after it begin
		for i, r := range results {
			before := want
			switch {
			case i == 0 && r&1 == 1, want == Down && endsIn(results[since:i+1], 1, max(1, int(rise))):
				want, since = Up, i+1
			case i == 0, want == Up && endsIn(results[since:i+1], 0, max(1, int(fall))):
				want, since = Down, i+1
			}
			got, changed := s.Observe(r&1 == 1)
			if got != want || changed != (want != before) {
				t.Fatalf("rise %d, fall %d, after %v: got %v (changed %t), want %v (changed %t)",
					rise, fall, results[:i+1], got, changed, want, want != before)
			}
		}
	})
}

// endsIn reports whether the last n results all have the bit.
func endsIn(results []byte, bit byte, n int) bool {
	if len(results) < n {
		return false
	}
	for _, r := range results[len(results)-n:] {
		if r&1 != bit {
			return false
		}
	}
	return true
}

func TestStateString(t *testing.T) {
	for state, want := range map[State]string{Unproven: "unproven", Up: "up", Down: "down", 77: "invalid"} {
		if got := state.String(); got != want {
			t.Errorf("State(%d): got %q, want %q", uint8(state), got, want)
		}
	}
}
