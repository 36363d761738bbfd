package main

import (
	"time"

	"weir/balance"
	"weir/config"
	"weir/proxy/session"
)

// drain ends the connections of backends that have left the service and whose time is
// over; before that is due, by settings that a reload may change, it takes back what it
// has closed. It is to be called after each update of the pool, and returns when to call
// it again though nothing has changed; zero: no need.
func (s *service) drain(now time.Time) (again time.Time) {
	for _, l := range s.pool.Leaving(now) {
		b := l.Backend
		due, reason := leaves(&s.conf, &l)
		over := !due.IsZero() && !now.Before(due)
		if !over {
			again = earlier(again, due)
		}
		if over == b.Closed.Load() { // mostly; sessions write beside it
			continue
		}
		b.Closed.Store(over) // whoever has a place with it by now, or finds it closed, ends
		if n := b.Active.Load(); over && n > 0 {
			s.log.Info(endings[reason], "instance", b.Name(), "connections", n)
			s.end(b, reason)
		}
	}
	return again
}

// standby returns the members of all tiers but one.
func (s *service) standby(used int) (lists [][]balance.Member) {
	for i, t := range s.tiers {
		if i != used {
			lists = append(lists, t.roster.members)
		}
	}
	return lists
}

// endings are the log's words for the reasons.
var endings = map[session.EndReason]string{
	session.Drained:   "drain over, ending connections",
	session.Unhealthy: "instance unhealthy, ending connections",
}

// leaves returns when a backend's connections are to end, zero for never, and for what
// reason. A reload may change it at any time.
func leaves(c *config.Service, l *balance.Leaving) (due time.Time, r session.EndReason) {
	switch {
	case l.Why == balance.Withdrawn && c.Drain != config.Forever:
		return l.Since.Add(c.Drain), session.Drained
	case l.Why == balance.Unhealthy && c.OnUnhealthy == config.OnUnhealthyClose:
		return l.Since, session.Unhealthy
	}
	return time.Time{}, ""
}

// earlier returns the earlier of two times, of which a zero one is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
