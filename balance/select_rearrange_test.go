package balance

import (
	"net/netip"
	"testing"
	"time"
)

// What a selector knows of a tier goes with it to its new place.
func TestRearrange(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	tier := func(weight int) Tier {
		m := Member{Name: "a", Addr: netip.MustParseAddrPort("10.0.0.1:80"), CatalogWeight: weight, PanicWeight: weight}
		return Tier{Members: []Member{m}, Known: start}
	}
	const good, bad = 1, 0
	for name, tt := range map[string]struct {
		from  []int
		tiers []Tier
		used  int           // after a second
		back  time.Duration // after which the first tier is used, with a failback of a minute that began at the start
	}{
		"the same":              {[]int{0, 1, 2}, []Tier{tier(good), tier(good), tier(good)}, 2, time.Minute},
		"the better ones swap":  {[]int{1, 0, 2}, []Tier{tier(good), tier(bad), tier(good)}, 2, time.Minute},
		"one less before it":    {[]int{0, 2}, []Tier{tier(good), tier(good)}, 1, time.Minute},
		"one more behind":       {[]int{0, 1, 2, -1}, []Tier{tier(good), tier(bad), tier(good), tier(good)}, 2, time.Minute},
		"the one in use is out": {[]int{0, 1}, []Tier{tier(good), tier(good)}, 0, 0},
		"out, and others bad":   {[]int{0, 1, -1}, []Tier{tier(bad), tier(bad), tier(good)}, 2, -1},
		"a new one is best":     {[]int{-1, 0, 1, 2}, []Tier{tier(good), tier(good), tier(good), tier(good)}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := &Selector{Rule: Catalog, Failback: time.Minute}
			s.Select([]Tier{tier(bad), tier(bad), tier(good)}, start.Add(-time.Second))
			s.Select([]Tier{tier(bad), tier(bad), tier(good)}, start)
			if got := s.Select([]Tier{tier(good), tier(good), tier(good)}, start).Tier; got != 2 {
				t.Fatalf("before: got tier %d, want 2", got)
			}
			s.Rearrange(tt.from)
			if got := s.Select(tt.tiers, start.Add(time.Second)).Tier; got != tt.used {
				t.Errorf("got tier %d, want %d", got, tt.used)
			}
			if tt.back <= 0 {
				return
			}
			if got := s.Select(tt.tiers, start.Add(tt.back-time.Second)).Tier; got != tt.used {
				t.Errorf("before failback: got tier %d, want %d", got, tt.used)
			}
			if got := s.Select(tt.tiers, start.Add(tt.back)).Tier; got != 0 {
				t.Errorf("after failback: got tier %d, want 0", got)
			}
		})
	}
	fresh := &Selector{Rule: Catalog}
	fresh.Rearrange([]int{0, -1})
	if got := fresh.Select([]Tier{tier(good)}, start).Tier; got != 0 {
		t.Errorf("never used before: got tier %d, want 0", got)
	}
}
