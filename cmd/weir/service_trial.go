package main

import (
	"slices"
	"time"

	"weir/balance"
)

// try has the catalog alone decide until each instance had its chance of a verdict, where
// heartbeats are awaited: no service is without a backend only because a reload has asked for
// heartbeats, or for a catalog in which the same instances have other names.
func (s *service) try(now time.Time) {
	if rule(s.conf) == balance.Catalog {
		return
	}
	s.selector.Rule = balance.Catalog
	s.trial = now.Add(s.chance())
}

// judge has the heartbeats count as soon as no instance waits for its first, at the end of the
// trial at the latest. It returns when that is, if it is to come.
func (s *service) judge(now time.Time) (again time.Time) {
	if s.trial.IsZero() {
		return time.Time{}
	}
	if now.Before(s.trial) && slices.ContainsFunc(s.tiers, func(t *tier) bool { return t.roster.unproven() }) {
		return s.trial
	}
	s.trial = time.Time{}
	s.selector.Rule = rule(s.conf)
	return time.Time{}
}
