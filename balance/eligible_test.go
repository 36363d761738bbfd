package balance

import "testing"

func TestWhoIsEligible(t *testing.T) {
	// Weights as discovery gives them for an instance with passing weight 7 and warning
	// weight 3, or 0 where it says so, and what follows for each rule: both, catalog,
	// heartbeat only. Then the same in panic, for all with a verdict.
	tests := []struct {
		name                      string
		catalog, heartbeat, panic int
		verdict                   Heartbeat
		held                      bool
		want, inPanic             [3]int
	}{
		{"passing and up", 7, 7, 7, Up, false, [3]int{7, 7, 7}, [3]int{7, 7, 7}},
		{"passing, no verdict yet", 7, 7, 7, Unproven, false, [3]int{0, 7, 0}, [3]int{0, 7, 0}},
		{"passing and down", 7, 7, 7, Down, false, [3]int{0, 7, 0}, [3]int{7, 7, 7}},
		{"warning and up", 3, 7, 3, Up, false, [3]int{3, 3, 7}, [3]int{3, 3, 7}},
		{"warning and down", 3, 7, 3, Down, false, [3]int{0, 3, 0}, [3]int{3, 3, 7}},
		{"warning with weight 0", 0, 7, 0, Up, false, [3]int{0, 0, 7}, [3]int{0, 0, 7}},
		{"critical and up", 0, 7, 7, Up, false, [3]int{0, 0, 7}, [3]int{7, 7, 7}},
		{"critical, no verdict yet", 0, 7, 7, Unproven, false, [3]int{0, 0, 0}, [3]int{0, 7, 0}},
		{"critical and down", 0, 7, 7, Down, false, [3]int{0, 0, 0}, [3]int{7, 7, 7}},
		{"held and up", 7, 7, 7, Up, true, [3]int{7, 7, 7}, [3]int{7, 7, 7}},
		{"held, no verdict yet", 7, 7, 7, Unproven, true, [3]int{0, 7, 0}, [3]int{0, 7, 0}},
		{"held and down", 7, 7, 7, Down, true, [3]int{}, [3]int{}},
		{"maintenance and up", 0, 0, 0, Up, false, [3]int{}, [3]int{}},
		{"weight beyond Consul's", 70_000, 80_000, 70_000, Up, false, [3]int{65_535, 65_535, 65_535}, [3]int{65_535, 65_535, 65_535}},
		{"negative weight", -1, -2, -3, Up, false, [3]int{}, [3]int{}},
	}
	for _, tt := range tests {
		m := Member{
			Name: "n/s", CatalogWeight: tt.catalog, HeartbeatWeight: tt.heartbeat, PanicWeight: tt.panic,
			Heartbeat: tt.verdict, Held: tt.held,
		}
		for i, rule := range []Rule{Both, Catalog, HeartbeatOnly} {
			if got := (Admission{Rule: rule}).weight(&m); got != tt.want[i] {
				t.Errorf("%s, rule %d: got weight %d, want %d", tt.name, rule, got, tt.want[i])
			}
			if got := (Admission{rule, AnyJudged}).weight(&m); got != tt.inPanic[i] {
				t.Errorf("%s, rule %d, panic: got weight %d, want %d", tt.name, rule, got, tt.inPanic[i])
			}
			want := tt.inPanic[i]
			if tt.verdict != Up {
				want = 0
			}
			if got := (Admission{rule, AnyUp}).weight(&m); got != want {
				t.Errorf("%s, rule %d, panic with some up: got weight %d, want %d", tt.name, rule, got, want)
			}
		}
	}
}
