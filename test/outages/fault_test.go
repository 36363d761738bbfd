package outages

import (
	"context"
	"slices"
	"testing"
	"time"
)

// A fault is one row of the table. What is demanded of every row: no connection fails, none is cut,
// no backend is lost from the set that nobody took out, and a change of the catalog after the fault's
// end is applied in time.
type fault struct {
	name  string
	lasts length
	world func(*testing.T) *world

	instances []string // besides which the usual four are there, when empty
	keys      string   // more keys of the service in weir's configuration

	// ready waits for more than that weir serves every backend, before anything else happens.
	ready func(*scene)

	// inject breaks something and returns what mends it, nil if nothing has to be done.
	inject func(*scene) (mend func())

	// answers reports, by nil, that Consul answers again, for faults after whose mending Consul takes
	// its own time. Nil: it answers as soon as the fault is mended.
	answers func(context.Context, *scene) error

	moves  bool         // instances are deregistered for good
	says   []string     // messages that weir must have logged
	expect func(*scene) // what else is demanded, after recovery and with the traffic still on
}

// A length is how long a fault lasts in the two forms. A full of 0 is as short.
type length struct{ short, full time.Duration }

func (l length) in(f form) time.Duration {
	if f.full && l.full > 0 {
		return l.full
	}
	return l.short
}

// the table. Each part of it is beside what its rows need.
var faults = slices.Concat(
	serverFaults,
	agentFaults,
	cutFaults,
	watchFaults,
	restoreFaults,
	rightsFaults,
	tlsFaults,
	startFaults,
	catalogFaults,
	nodeFaults,
	failoverFaults,
	fileFaults,
	scriptedFaults,
)

func TestOutages(t *testing.T) {
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			f.run(t)
		})
	}
}

func (f fault) run(t *testing.T) {
	s := newScene(t, f)
	defer s.report()
	if f.ready != nil {
		f.ready(s)
	}
	before := s.weir.Descriptors(t)
	s.startTraffic()
	s.settle(time.Second)

	s.begin()
	mend := f.inject(s)
	s.settle(f.lasts.in(s.form) - time.Since(s.began))
	if mend != nil {
		mend()
	}
	s.recover()
	if f.expect != nil {
		f.expect(s)
	}
	s.stopTraffic()
	s.checkLog()
	s.checkDescriptors(before)
}
