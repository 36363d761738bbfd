package balance

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// kinds are members as they may be, each with a letter.
var kinds = map[byte]Member{
	'u': {CatalogWeight: 5, HeartbeatWeight: 5, PanicWeight: 5, Heartbeat: Up},
	'd': {CatalogWeight: 5, HeartbeatWeight: 5, PanicWeight: 5, Heartbeat: Down},
	'?': {CatalogWeight: 5, HeartbeatWeight: 5, PanicWeight: 5},
	'U': {HeartbeatWeight: 5, PanicWeight: 5, Heartbeat: Up}, // critical, as are the next two
	'D': {HeartbeatWeight: 5, PanicWeight: 5, Heartbeat: Down},
	'C': {HeartbeatWeight: 5, PanicWeight: 5},
	'h': {CatalogWeight: 5, HeartbeatWeight: 5, PanicWeight: 5, Heartbeat: Up, Held: true},
	'x': {CatalogWeight: 5, HeartbeatWeight: 5, PanicWeight: 5, Heartbeat: Down, Held: true},
	'H': {HeartbeatWeight: 5, PanicWeight: 5, Heartbeat: Up, Held: true}, // critical
	'w': {HeartbeatWeight: 5, Heartbeat: Up},                             // warning, with the warning weight 0
	'm': {Heartbeat: Up},                                                 // maintenance, as is the next
	'M': {Heartbeat: Down},
}

// tiersOf has the members of each letter, and a bar between tiers. After "~" it says how
// long after the start a tier is Known; nothing: that isn't foreseen.
func tiersOf(text string, start time.Time) (tiers []Tier) {
	for part := range strings.SplitSeq(text, "|") {
		letters, known, unknown := strings.Cut(part, "~")
		t := Tier{Known: start}
		if unknown {
			t.Known = time.Time{}
		}
		if after, err := time.ParseDuration(known); err == nil {
			t.Known = start.Add(after)
		}
		for _, letter := range []byte(letters) {
			m := kinds[letter]
			m.Name = string(letter)
			t.Members = append(t.Members, m)
		}
		tiers = append(tiers, t)
	}
	return tiers
}

// text shows a selection: the letters of those who get connections, in a row of as many
// bars as come before their tier.
func (sel Selection) text(tiers []Tier, start time.Time) string {
	var b strings.Builder
	b.WriteString(strings.Repeat("|", sel.Tier))
	for i := range tiers[sel.Tier].Members {
		if m := &tiers[sel.Tier].Members[i]; sel.weight(m) > 0 {
			b.WriteString(m.Name)
		}
	}
	if sel.Panic != NoPanic {
		b.WriteString(" panic")
	}
	if sel.Waiting {
		b.WriteString(" waiting")
	}
	if !sel.Again.IsZero() {
		fmt.Fprintf(&b, " again %v", sel.Again.Sub(start))
	}
	return b.String()
}

func TestWhoIsSelected(t *testing.T) {
	tests := []struct {
		name  string
		rule  Rule
		below int
		tiers string
		want  string
	}{
		{"the eligible of one tier", Both, 0, "ud?Uhm", "uh"},
		{"nobody of an empty one", Both, 0, "", ""},
		{"the next tier when nobody is eligible", Both, 0, "dUx|uud", "|uu"},
		{"the next when the first is empty", Both, 0, "|u", "|u"},
		{"the next but one", Both, 0, "d|D?|u", "||u"},
		{"a tier with one is enough", Both, 0, "dddddu|uuu", "u"},
		{"failover before panic", Both, 0, "DUd|du", "|u"},

		{"held ones count", Both, 0, "hx|u", "h"},
		{"held ones by catalog", Catalog, 0, "hxd|u", "hd"},
		{"held and down is out: both", Both, 0, "xx|u", "|u"},
		{"held and down is out: catalog", Catalog, 0, "xx|u", "|u"},
		{"held and down is out: heartbeat", HeartbeatOnly, 0, "xx|u", "|u"},
		{"held and down isn't used in panic: both", Both, 100, "xx", ""},
		{"held and down isn't used in panic: catalog", Catalog, 100, "xx", ""},
		{"held and down isn't used in panic: heartbeat", HeartbeatOnly, 100, "xx", ""},

		{"panic: all that had a verdict", Both, 0, "dD?Cx", "dD panic"},
		{"panic by catalog: all", Catalog, 0, "DCxC", "DCC panic"},
		{"panic by heartbeat: all that had a verdict", HeartbeatOnly, 0, "dD?C", "dD panic"},
		{"panic: only those that are up", Both, 0, "dDUdH?", "UH panic"},
		{"panic by catalog: only those that are up", Catalog, 0, "CDUH", "UH panic"},
		{"panic: never maintenance or weight 0", Both, 100, "mMw", ""},
		{"panic by catalog: never maintenance or weight 0", Catalog, 100, "mMw", ""},
		{"panic by heartbeat: never maintenance", HeartbeatOnly, 100, "mM", ""},
		{"panic: beside maintenance and weight 0", Both, 0, "mMwd", "d panic"},
		{"panic: the first tier that has any", Both, 0, "mx?|dd|D", "|dd panic"},
		{"panic: a tier with one that is up first", Both, 0, "dd|DU", "|U panic"},
		{"panic: nobody had a verdict", Both, 0, "??|C", ""},

		{"threshold 0: one is enough", Both, 0, "uddddddddd", "u"},
		{"threshold 50: half is enough", Both, 50, "uudd", "uu"},
		{"threshold 50: fewer than half", Both, 50, "uuddD", "uuddD panic"},
		{"threshold 50: of those with a verdict", Both, 50, "ud????", "u"},
		{"threshold 50: held ones that are down don't count", Both, 50, "udxxx", "u"},
		{"threshold 50: maintenance and weight 0 don't count", Both, 50, "udmMw", "u"},
		{"threshold 50: held ones that are up do", Both, 50, "hhdd", "hh"},
		{"threshold 50 by catalog", Catalog, 50, "uCCx", "uCC panic"},
		{"threshold 50 by catalog: down is no matter", Catalog, 50, "d?CC", "d?"},
		{"threshold 50 by heartbeat", HeartbeatOnly, 50, "wUdDd", "wUdDd panic"},
		{"threshold 100: all", Both, 100, "uuh?m", "uuh"},
		{"threshold 100: all but one", Both, 100, "uuuuuuuuud", "uuuuuuuuud panic"},
		{"threshold 1: one of a hundred", Both, 1, "u" + strings.Repeat("d", 99), "u"},
		{"threshold 1: one of a hundred and one", Both, 1, "u" + strings.Repeat("d", 100), "u" + strings.Repeat("d", 100) + " panic"},
		{"threshold: of the tier in use", Both, 50, "d|udd|uuu", "|udd panic"},
		{"threshold: better tiers with one are used", Both, 50, "udd|uuu", "udd panic"},
	}
	for _, tt := range tests {
		s := Selector{Rule: tt.rule, PanicBelow: tt.below, Failback: 30 * time.Second, Patience: 3 * time.Second}
		start := time.Unix(1_000, 0)
		tiers := tiersOf(tt.tiers, start)
		for range 2 {
			if got := s.Select(tiers, start).text(tiers, start); got != tt.want {
				t.Errorf("%s: of %q got %q, want %q", tt.name, tt.tiers, got, tt.want)
			}
		}
	}
}

func TestSelectAllocatesNothing(t *testing.T) {
	now := time.Unix(1_000, 0)
	tiers := []Tier{{Members: members(mixedWeights(1_000)...), Known: now}, {Known: now}}
	s := Selector{PanicBelow: 50, Failback: time.Second}
	s.Select(tiers, now)
	if got := testing.AllocsPerRun(100, func() { s.Select(tiers, now) }); got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}
