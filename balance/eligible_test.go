package balance

import "testing"

func TestWhoIsEligible(t *testing.T) {
	// Weights as discovery gives them for an instance with passing weight 7 and
	// warning weight 3, under each rule: both, catalog, heartbeat only.
	tests := []struct {
		name               string
		catalog, heartbeat int
		verdict            Heartbeat
		want               [3]int
	}{
		{"passing and up", 7, 7, Up, [3]int{7, 7, 7}},
		{"passing, no verdict yet", 7, 7, Unproven, [3]int{0, 7, 0}},
		{"passing and down", 7, 7, Down, [3]int{0, 7, 0}},
		{"warning and up", 3, 7, Up, [3]int{3, 3, 7}},
		{"warning and down", 3, 7, Down, [3]int{0, 3, 0}},
		{"critical and up", 0, 7, Up, [3]int{0, 0, 7}},
		{"critical and down", 0, 7, Down, [3]int{0, 0, 0}},
		{"maintenance and up", 0, 0, Up, [3]int{0, 0, 0}},
		{"weight beyond Consul's", 70_000, 80_000, Up, [3]int{65_535, 65_535, 65_535}},
		{"negative weight", -1, -2, Up, [3]int{0, 0, 0}},
	}
	for _, tt := range tests {
		m := Member{Name: "n/s", CatalogWeight: tt.catalog, HeartbeatWeight: tt.heartbeat, Heartbeat: tt.verdict}
		for i, rule := range []Rule{Both, Catalog, HeartbeatOnly} {
			if got := rule.weight(m); got != tt.want[i] {
				t.Errorf("%s, rule %d: got weight %d, want %d", tt.name, rule, got, tt.want[i])
			}
		}
	}
}
