package balance

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// leaving shows the backends that leave as name=why@seconds, in the order of their names.
func leaving(p *Pool, second int64) string {
	var out []string
	for _, l := range p.Leaving(time.Unix(second, 0)) {
		out = append(out, fmt.Sprintf("%s=%s@%d", l.Backend.Name(), word(l.Why), l.Since.Unix()))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func word(s Standing) string { return [...]string{"serves", "withdrawn", "unhealthy"}[s] }

func TestStanding(t *testing.T) {
	// Weights as discovery gives them, and how each rule, both, catalog, heartbeat only,
	// has the member stand: s serves, w withdrawn, u unhealthy. Then in panic, where the rule
	// takes nobody else.
	tests := []struct {
		name                      string
		catalog, heartbeat, panic int
		verdict                   Heartbeat
		held                      bool
		want, inPanic             string
	}{
		{"passing and up", 7, 7, 7, Up, false, "sss", "sss"},
		{"passing, no verdict yet", 7, 7, 7, Unproven, false, "sss", "sss"},
		{"passing and down", 7, 7, 7, Down, false, "usu", "sss"},
		{"warning and down", 3, 7, 3, Down, false, "usu", "sss"},
		{"warning with weight 0, up", 0, 7, 0, Up, false, "wws", "wws"},
		{"warning with weight 0, down", 0, 7, 0, Down, false, "wwu", "wws"},
		{"warning with weight 3, passing has 0, up", 3, 0, 3, Up, false, "ssw", "ssw"},
		{"critical and up", 0, 7, 7, Up, false, "uus", "sss"},
		{"critical, no verdict yet", 0, 7, 7, Unproven, false, "uus", "uss"},
		{"critical and down", 0, 7, 7, Down, false, "uuu", "sss"},
		{"critical and down, passing has 0", 0, 0, 0, Down, false, "www", "www"},
		{"held and down", 7, 7, 7, Down, true, "uuu", "uuu"},
		{"held, no verdict yet", 7, 7, 7, Unproven, true, "sss", "sss"},
		{"maintenance, up", 0, 0, 0, Up, false, "www", "www"},
		{"maintenance, no verdict yet", 0, 0, 0, Unproven, false, "www", "www"},
	}
	for _, tt := range tests {
		m := member("a", "10.0.0.1:1", 0)
		m.CatalogWeight, m.HeartbeatWeight, m.PanicWeight = tt.catalog, tt.heartbeat, tt.panic
		m.Heartbeat, m.Held = tt.verdict, tt.held
		for i, rule := range []Rule{Both, Catalog, HeartbeatOnly} {
			look := func(update func(p *Pool)) string {
				p := NewPool(nil)
				update(p)
				for _, l := range p.Leaving(time.Unix(1, 0)) {
					return word(l.Why)[:1]
				}
				return "s"
			}
			in := look(func(p *Pool) { p.Update([]Member{m}, Admission{Rule: rule}) })
			standby := look(func(p *Pool) { p.Update(nil, Admission{Rule: rule}, []Member{m}) })
			behind := look(func(p *Pool) { p.Update(nil, Admission{rule, AnyJudged}, []Member{m}) })
			if want := tt.want[i : i+1]; in != want || standby != want || behind != want {
				t.Errorf("%s, rule %d: got %s, on standby %s, while others panic %s, want %s", tt.name, rule, in, standby, behind, want)
			}
			panics := look(func(p *Pool) { p.Update([]Member{m}, Admission{rule, AnyJudged}) })
			if want := tt.inPanic[i : i+1]; panics != want {
				t.Errorf("%s, rule %d, panic: got %s, want %s", tt.name, rule, panics, want)
			}
		}
	}
}

// A standing counts from when it was first seen, and anew after each break.
func TestLeavingSince(t *testing.T) {
	p := NewPool(nil)
	a, b, c := member("a", "10.0.0.1:1", 5), member("b", "10.0.0.2:1", 2), member("c", "10.0.0.3:1", 1)
	downB, maintained := b, c
	downB.Heartbeat = Down
	maintained.CatalogWeight, maintained.HeartbeatWeight = 0, 0
	p.Update([]Member{a, b, c}, Admission{})
	for backend := range p.Snapshot().All() {
		backend.Active.Store(3) // else they are forgotten
	}
	backendA := p.Pick()
	for backendA.Name() != "a" {
		backendA = p.Pick()
	}
	for n, step := range []struct {
		members []Member
		want    string
	}{
		{[]Member{a, b, c}, ""},
		{[]Member{downB, c}, "a=withdrawn@2 b=unhealthy@2"},
		{[]Member{downB, maintained}, "a=withdrawn@2 b=unhealthy@2 c=withdrawn@3"},
		{[]Member{downB}, "a=withdrawn@2 b=unhealthy@2 c=withdrawn@3"}, // from maintenance to gone
		{nil, "a=withdrawn@2 b=withdrawn@5 c=withdrawn@3"},
		{[]Member{downB}, "a=withdrawn@2 b=unhealthy@6 c=withdrawn@3"},
		{[]Member{a, c}, "b=withdrawn@7"},
		{[]Member{c}, "a=withdrawn@8 b=withdrawn@7"},
		{[]Member{c}, "a=withdrawn@8 b=withdrawn@7"},
	} {
		backendA.Closed.Store(true)
		p.Update(step.members, Admission{})
		if got := leaving(p, int64(n+1)); got != step.want {
			t.Errorf("step %d: got %q, want %q", n+1, got, step.want)
		}
		serves := slices.Contains(step.members, a)
		if backendA.Closed.Load() == serves && n > 0 { // it had no break before the first step
			t.Errorf("step %d: a in service: %v, closed: %v", n+1, serves, backendA.Closed.Load())
		}
	}
	backendA.Active.Store(0)
	p.Update([]Member{c}, Admission{})
	if got, want := leaving(p, 20), "b=withdrawn@7"; got != want {
		t.Errorf("a without connections: got %q, want %q", got, want)
	}
}

// A break between two looks counts, and so does a standing that nobody looked at.
func TestLeavingUnseen(t *testing.T) {
	p := NewPool(nil)
	a := member("a", "10.0.0.1:1", 5)
	p.Update([]Member{a}, Admission{})
	only(t, p).Active.Store(1)
	p.Update(nil, Admission{})
	leaving(p, 1)
	p.Update([]Member{a}, Admission{})
	p.Update(nil, Admission{})
	if got, want := leaving(p, 9), "a=withdrawn@9"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Members on standby get nothing, count as nothing, and keep their backends.
func TestStandby(t *testing.T) {
	p := NewPool(nil)
	a, b := member("a", "10.0.0.1:1", 5), member("b", "10.0.0.2:1", 2)
	far, farther := member("dc2/c", "10.0.0.3:1", 1), member("dc3/d", "10.0.0.4:1", 4)
	change := p.Update([]Member{a, b}, Admission{}, []Member{far}, []Member{farther})
	if change.Total != 2 || change.Eligible != 2 {
		t.Errorf("got %d eligible of %d, want 2 of 2", change.Eligible, change.Total)
	}
	if diff := cmp.Diff([]string{"a=5", "b=2"}, listing(p)); diff != "" {
		t.Errorf("eligible (-want +got):\n%s", diff)
	}
	backends := map[string]*Backend{}
	keep := func() {
		for backend := range p.Snapshot().All() {
			backends[backend.Name()] = backend
			backend.Connections.Add(1)
		}
	}
	keep()
	for range 3 {
		change = p.Update([]Member{far}, Admission{}, []Member{a, b}, []Member{farther})
	}
	if change.Any() || change.Total != 1 {
		t.Errorf("the same again: got %+v", change)
	}
	if diff := cmp.Diff([]string{"dc2/c=1"}, listing(p)); diff != "" {
		t.Errorf("eligible (-want +got):\n%s", diff)
	}
	keep()
	for range 3 {
		p.Update([]Member{a, b, far}, Admission{}, []Member{far}) // of two alike the first counts
	}
	for backend := range p.Snapshot().All() {
		if backends[backend.Name()] != backend || backend.Connections.Load() != 1 {
			t.Errorf("%s is another, or has lost its count", backend)
		}
	}
	if got := p.Snapshot().Len(); got != 3 {
		t.Errorf("got %d eligible, want 3", got)
	}
	if got, want := leaving(p, 5), ""; got != want { // dc3/d was idle, and is forgotten
		t.Errorf("got %q, want %q", got, want)
	}
	if len(p.known) != 3 || len(p.backends) != 3 {
		t.Errorf("got %d known, want 3", len(p.known))
	}
}

// Whatever comes and goes: Leaving has exactly those that a plain look at each member says, since
// the step at which that began.
func FuzzLeaving(f *testing.F) {
	f.Add([]byte{0x00, 0xff, 0x1b, 0x27, 0x80, 0x00}, uint8(0))
	f.Add([]byte{0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0}, uint8(4))
	f.Fuzz(func(t *testing.T, script []byte, kind uint8) {
		const n = 6
		rng := rand.New(rand.NewPCG(uint64(kind), 1))
		admit := Admission{Rule: Rule(kind % 3)}
		p := NewPool(nil)
		type seen struct {
			why   Standing
			since int64
		}
		want := map[string]seen{} // of those that were ever listed
		stands := func(name string, why Standing, now int64) {
			if was, ok := want[name]; !ok || was.why != why {
				want[name] = seen{why, now}
			}
		}
		for step, op := range script[:min(len(script), 200)] {
			now := int64(step + 1)
			admit.Panic = Panic(op >> 6 % 3)
			var members, standby []Member
			for i := range n {
				m := member(fmt.Sprintf("m%d", i), "10.0.0.1:1", rng.IntN(3))
				m.PanicWeight = m.CatalogWeight
				m.Heartbeat, m.Held = Heartbeat(rng.IntN(3)), rng.IntN(4) == 0
				in := admit
				switch {
				case op>>i&1 == 1:
					if _, ever := want[m.Name]; ever {
						stands(m.Name, Withdrawn, now)
					}
					continue
				case rng.IntN(3) == 0:
					standby = append(standby, m)
					in.Panic = NoPanic
				default:
					members = append(members, m)
				}
				if in.weight(&m) > 0 {
					stands(m.Name, inService, now)
				} else {
					stands(m.Name, in.standing(&m), now)
				}
			}
			rng.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
			p.Update(members, admit, standby)
			for _, b := range p.backends {
				b.Active.Store(1) // so that none is forgotten
			}
			got := map[string]seen{}
			for _, l := range p.Leaving(time.Unix(now, 0)) {
				got[l.Backend.Name()] = seen{l.Why, l.Since.Unix()}
			}
			for name, w := range want {
				if g, there := got[name]; there != (w.why != inService) || there && g != w {
					t.Fatalf("step %d, %s: got %v, want %v", step, name, g, w)
				}
			}
		}
	})
}
