package outages

import (
	"context"
	"testing"
	"time"

	"weir/test/rig"
	"weir/test/scripted"
)

// A scriptedCatalog is a Consul of our own that answers as a row wants.
type scriptedCatalog struct{ *scripted.Consul }

func (c scriptedCatalog) block() string { return "consul" }

func (c scriptedCatalog) keys() string { return address(c.HTTP()) }

func (c scriptedCatalog) add(_ context.Context, b *rig.Backend) error {
	c.Register("web", scripted.Instance{ID: b.Name, Host: b.Host, Port: b.Port})
	return nil
}

func (c scriptedCatalog) remove(_ context.Context, b *rig.Backend) error {
	c.Deregister("web", b.Name)
	return nil
}

func scriptedWorld(t *testing.T) *world { return &world{catalog: scriptedCatalog{scripted.Start(t)}} }

// script is the Consul of a scripted world.
func (s *scene) script() *scripted.Consul { return s.catalog.(scriptedCatalog).Consul }

// A hearing is which of weir's questions a fault hits.
type hearing struct {
	name  string
	kinds scripted.Kind
}

var (
	polls    = hearing{"polls only", scripted.Poll}
	unproven = hearing{"all but consistent reads", scripted.Poll | scripted.Load}
	reads    = hearing{"every read", scripted.Reads}
	all      = hearing{"every request", scripted.All}
)

var (
	briefly = length{3 * time.Second, 30 * time.Second}
	// Longer than it takes to count Consul as silent.
	silently = length{7 * time.Second, time.Minute}
)

// answers is a row in which Consul answers wrongly, in form or in fact.
func answers(what scripted.Fault, to hearing, lasts length) fault {
	return fault{
		name:   "scripted: " + what.Name + ", " + to.name,
		lasts:  lasts,
		world:  scriptedWorld,
		inject: func(s *scene) func() { return s.script().Break(what, scripted.Target{Kinds: to.kinds}) },
		expect: func(s *scene) {
			s.expectUnchanged()
			s.expectCalm()
		},
	}
}

// expectUnchanged demands that nobody but the fresh backend came or went.
func (s *scene) expectUnchanged() {
	s.t.Helper()
	for _, l := range s.weir.Find(changed) {
		moved := l.Fields["added"] != nil || l.Fields["removed"] != nil // not only reweighted
		if moved && l.Time.After(s.began) && !names(l, "added", s.fresh.Name) && !names(l, "removed", s.fresh.Name) {
			s.t.Errorf("at %s, %v after the fault began, the eligible set changed: %v", clock(l.Time), l.Time.Sub(s.began), l.Fields)
		}
	}
}

// expectCalm demands that weir hasn't asked more often than its bucket allows (rule 7): 10 at once and
// 5 each second, and as often for a proof.
func (s *scene) expectCalm() {
	s.t.Helper()
	asked := 0
	for _, r := range s.script().Requests() {
		if r.Kind != scripted.Pulse && r.At.After(s.began) && r.At.Before(s.mended) {
			asked++
		}
	}
	if most := 2 * (10 + 5*int(s.mended.Sub(s.began)/time.Second+1)); asked > most {
		s.t.Errorf("requests during the fault: got %d, want at most %d", asked, most)
	}
}
