package main

import (
	"time"

	"weir/balance"
)

// guards says which guards keep a service going: each has the time since when, zero if
// it isn't active.
type guards struct {
	hold, failover, panic time.Time

	held       int    // instances in use that the catalog has lost
	datacenter string // in use instead of the catalog's own
}

// guard notes which guards are active, and logs when one becomes so and when it ends;
// of the hold discovery does.
func (s *service) guard(in *tier, moved string, panicking bool, c balance.Change, now time.Time) {
	was := s.guards.Load()
	is := *was
	is.held = in.roster.held
	is.hold = since(is.held > 0, was.hold, now)
	is.panic = since(panicking, was.panic, now)
	if moved != "" {
		is.datacenter = in.datacenter
		is.failover = since(in.datacenter != "", time.Time{}, now)
	}
	if is == *was {
		return
	}
	fresh := is // only what changed is put on the heap
	s.guards.Store(&fresh)
	switch moved {
	case "failover":
		s.log.Warn("failing over", "datacenter", in.name())
	case "failback":
		s.log.Info("failing back", "datacenter", in.name())
	}
	switch {
	case was.panic.IsZero() && panicking:
		s.log.Warn("panic: too few instances are eligible, using all that had a verdict", "datacenter", in.name(), "used", c.Eligible, "of", c.Total)
	case !was.panic.IsZero() && !panicking:
		s.log.Info("panic is over", "lasted", now.Sub(was.panic).Round(time.Millisecond).String())
	}
}

// since is when a guard became active, if it is.
func since(active bool, before, now time.Time) time.Time {
	switch {
	case !active:
		return time.Time{}
	case before.IsZero():
		return now
	}
	return before
}
