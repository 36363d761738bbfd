package balance

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// By rule, the kinds that it lets in, and those that panic may use.
var (
	letIn   = [...]string{Both: "uh", Catalog: "ud?h", HeartbeatOnly: "uUhHw"}
	inPanic = [...]string{Both: "udUDhH", Catalog: "ud?UDChH", HeartbeatOnly: "udUDhHw"}
)

// By rule, the kinds that it lets in if their first verdict is good.
var newcomers = [...]string{Both: "?", Catalog: "", HeartbeatOnly: "?C"}

const upKinds = "uUhHwm"

// moment is what a selector was told, a string of kinds for each tier, and what it chose.
type moment struct {
	at    time.Time
	tiers []string
	known []time.Time
	used  int
}

// life plays a selector by a script and knows all that went before.
type life struct {
	t     *testing.T
	s     Selector
	start time.Time
	past  []moment
}

func (m moment) isKnown(tier int) bool { return !m.known[tier].IsZero() && !m.at.Before(m.known[tier]) }

// unknown returns the first tier that isn't known, -1 if all are.
func (m moment) unknown() int {
	for i := range m.known {
		if !m.isKnown(i) {
			return i
		}
	}
	return -1
}

func (l *life) has(m moment, tier int, kinds string) bool {
	return strings.ContainsAny(m.tiers[tier], kinds)
}

func those(letters, kinds string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(kinds, r) {
			return r
		}
		return -1
	}, letters)
}

// play reads of each byte pair what changes and how much time goes by.
func (l *life) play(script []byte, tiers int) {
	const kinds = "uuddd?UDChxHwmM"
	m := moment{at: l.start, tiers: make([]string, tiers), known: make([]time.Time, tiers)}
	for ; len(script) >= 3; script = script[3:] {
		what, which, wait := script[0], int(script[1]), script[2]
		tier := int(what) % tiers
		m.tiers, m.known = slices.Clone(m.tiers), slices.Clone(m.known)
		list := m.tiers[tier]
		switch what / 4 % 8 {
		case 0, 1, 2:
			list += kinds[which%len(kinds):][:1]
		case 3:
			if list != "" {
				list = list[1:]
			}
		case 4, 5:
			if list != "" {
				list = list[1:] + kinds[which%len(kinds):][:1]
			}
		case 6:
			list = ""
		default:
			if !m.isKnown(tier) {
				m.known[tier] = m.at.Add(time.Duration(which%9) * time.Second)
			}
		}
		m.tiers[tier] = list
		m.at = m.at.Add(time.Duration(wait%32) * time.Second)
		l.step(&m)
	}
}

func (l *life) step(m *moment) {
	if len(l.past) == 0 {
		l.start = m.at
	}
	var parts []string
	for i, letters := range m.tiers {
		letters += "~"
		if !m.known[i].IsZero() {
			letters += m.known[i].Sub(l.start).String()
		}
		parts = append(parts, letters)
	}
	tiers := tiersOf(strings.Join(parts, "|"), l.start)
	before := l.s
	before.tiers = slices.Clone(l.s.tiers)
	sel := l.s.Select(tiers, m.at)
	m.used = sel.Tier
	l.past = append(l.past, *m)
	got, _, _ := strings.Cut(strings.TrimLeft(sel.text(tiers, l.start), "|"), " ")
	l.who(*m, sel, got)
	l.tier(*m, sel)
	l.later(tiers, m.at, sel)
	if l.t.Failed() {
		l.t.Fatalf("at %v, rule %d, threshold %d: of %q got %q; before: %+v", m.at.Sub(l.start), l.s.Rule, l.s.PanicBelow, parts, sel.text(tiers, l.start), before)
	}
}

// who checks which members of the tier get connections.
func (l *life) who(m moment, sel Selection, got string) {
	letters, rule := m.tiers[m.used], l.s.Rule
	eligible, all := those(letters, letIn[rule]), those(letters, inPanic[rule])
	tooFew := 100*len(eligible) < l.s.PanicBelow*len(all)
	want := eligible
	switch {
	case eligible != "" && m.isKnown(m.used) && tooFew:
		want = all
	case eligible != "":
	case !l.awaiting(m) && m.isKnown(m.used):
		if want = those(all, upKinds); want == "" {
			want = all
		}
	}
	if got != want {
		l.t.Errorf("got members %q, want %q", got, want)
	}
	if panicking := sel.Panic != NoPanic; panicking != (want != eligible) {
		l.t.Errorf("got panic: %v, though %q are eligible of %q", panicking, eligible, all)
	}
}

func (l *life) awaiting(m moment) bool {
	return m.at.Before(l.start.Add(l.s.Patience)) && m.unknown() >= 0
}

// tier checks which is in use.
func (l *life) tier(m moment, sel Selection) {
	in, all := letIn[l.s.Rule], inPanic[l.s.Rule]
	was := 0
	if n := len(l.past); n > 1 {
		was = l.past[n-2].used
	}
	reach := len(m.tiers)
	waiting := l.awaiting(m)
	if waiting {
		reach = m.unknown() + 1
		waiting = !l.has(m, m.used, in) || reach <= m.used+1
	}
	if sel.Waiting != waiting {
		l.t.Errorf("got waiting: %v, want %v", sel.Waiting, waiting)
	}
	want := -1
	for i := range reach {
		if l.has(m, i, in) && (!l.has(m, was, in) || i == was || i < was && l.proved(i)) {
			want = i
			break
		}
	}
	for _, kinds := range []string{those(all, upKinds), all} {
		for i := range m.tiers {
			if want < 0 && !l.awaiting(m) && m.isKnown(i) && l.has(m, i, kinds) {
				want = i
			}
		}
	}
	if want < 0 {
		want = was
	}
	if m.used != want {
		l.t.Errorf("got tier %d after %d, want %d", m.used, was, want)
	}
}

// proved reports whether a tier had somebody eligible for the failback time, or always
// since it was Known.
func (l *life) proved(tier int) bool {
	now := l.past[len(l.past)-1].at
	since, always := now, true
	for i, m := range slices.Backward(l.past) {
		if !l.has(m, tier, letIn[l.s.Rule]) && !l.brief(tier, i) {
			// A tier that isn't Known until it is good has nothing against it.
			always = !m.isKnown(tier) && i+1 < len(l.past)
			break
		}
		since = m.at
	}
	return always || now.Sub(since) >= l.s.Failback
}

// brief reports whether nobody was eligible at that moment only because newcomers had no verdict,
// since there was somebody.
func (l *life) brief(tier, i int) bool {
	for ; i >= 0 && !l.has(l.past[i], tier, letIn[l.s.Rule]); i-- {
		if !l.has(l.past[i], tier, newcomers[l.s.Rule]) {
			return false
		}
	}
	return i >= 0
}

// later checks that nothing is different until Again, and something then.
func (l *life) later(tiers []Tier, now time.Time, sel Selection) {
	at := func(t time.Time) Selection {
		s := l.s
		s.tiers = slices.Clone(s.tiers)
		return s.Select(tiers, t)
	}
	if sel.Again.IsZero() {
		if got := at(now.Add(time.Hour)); got != sel {
			l.t.Errorf("an hour later: got %+v, want %+v", got, sel)
		}
		return
	}
	if !sel.Again.After(now) {
		l.t.Errorf("to select again at %v, which is now or before", sel.Again.Sub(l.start))
	}
	if got := at(sel.Again.Add(-1)); got != sel {
		l.t.Errorf("just before it is to select again: got %+v, want %+v", got, sel)
	}
	if got := at(sel.Again); got == sel {
		l.t.Errorf("when it is to select again: got %+v as before", got)
	}
}

func live(t *testing.T, setting uint16, script []byte) {
	l := &life{t: t, start: time.Unix(1_000, 0)}
	l.s = Selector{
		Rule:       []Rule{Both, Catalog, HeartbeatOnly}[setting%3],
		PanicBelow: []int{0, 1, 34, 50, 100}[setting/3%5],
		Failback:   []time.Duration{0, 30 * time.Second, 7 * time.Second}[setting/15%3],
		Patience:   []time.Duration{3 * time.Second, 0, 40 * time.Second}[setting/45%3],
	}
	l.play(script, 1+int(setting/135)%4)
}

func FuzzSelector(f *testing.F) {
	f.Add(uint16(135), []byte{28, 0, 0, 29, 0, 0, 0, 0, 1, 1, 0, 1, 16, 2, 5, 16, 0, 5, 0, 0, 31, 0, 0, 31})
	f.Add(uint16(3), []byte{28, 0, 0, 0, 0, 1, 0, 2, 1, 0, 3, 1})
	f.Fuzz(live)
}

func TestSelectorOverManyLives(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 2))
	for range 1_000 {
		script := make([]byte, 3*60)
		haste := 1 + rng.IntN(32)
		for i := range script {
			script[i] = byte(rng.IntN(256))
			if i%3 == 2 {
				script[i] = byte(rng.IntN(haste))
			}
		}
		live(t, uint16(rng.IntN(1<<16)), script)
	}
}
