package main

import (
	"reflect"
	"slices"
	"time"

	"weir/balance"
)

// succeed has s, none of whose parts runs yet, go on where old stops: with its pool, its feeds,
// the verdicts and the selector's memory. Those parts of old end that s doesn't go on with.
func (s *service) succeed(old *service, now time.Time) {
	end(old.following)
	s.pool, s.changed, s.stocked, s.ready = old.pool, old.changed, old.stocked, old.ready
	s.guards.Store(old.guards.Load())
	s.end, s.used = old.end, old.used
	s.takeTiers(old)
	s.takeVerdicts(old, now)
}

// takeTiers takes the datacenters that both follow, and what the selector knows of them.
func (s *service) takeTiers(old *service) {
	var over []*part
	from := make([]int, len(s.tiers))
	for i, t := range s.tiers {
		from[i] = slices.IndexFunc(old.tiers, func(was *tier) bool { return was.datacenter == t.datacenter })
		if from[i] < 0 {
			s.tiers[i] = newTier(t.datacenter, s.changed)
			continue
		}
		t = old.tiers[from[i]]
		if !reflect.DeepEqual(t.query(old.conf), t.query(s.conf)) {
			over = append(over, t.watching)
			t.watching = nil
		}
		s.tiers[i] = t
	}
	for _, t := range old.tiers {
		if !slices.Contains(s.tiers, t) {
			over = append(over, t.watching, t.resolving)
		}
	}
	end(over...)
	wanted := s.selector
	s.selector = old.selector
	s.selector.Rule, s.selector.PanicBelow, s.selector.Failback = wanted.Rule, wanted.PanicBelow, wanted.Failback
	s.selector.Rearrange(from)
}

// takeVerdicts takes what the heartbeats have said, if there were any.
func (s *service) takeVerdicts(old *service, now time.Time) {
	switch {
	case s.checker == nil:
		end(old.checking)
		for _, t := range s.tiers {
			t.roster.forget()
		}
	case old.checker == nil:
		s.watchHealth()
	case sameHeartbeats(old.conf, s.conf):
		s.checker, s.checking = old.checker, old.checking
	default:
		end(old.checking)
		s.watchHealth()
		s.checker.Inherit(old.checker)
	}
	s.heard = true
	if old.selector.Rule == balance.Catalog {
		s.try(now)
	}
}
