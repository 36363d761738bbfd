package main

import (
	"context"
	"sync"
	"time"

	"weir/config"
	"weir/discovery"
	"weir/health"
)

// A tier is a service in one datacenter: the catalog's own, or one to fail over to. All
// are followed all along.
type tier struct {
	datacenter string          // to fail over to; empty: the catalog's own
	catalog    *discovery.Feed // as the catalog has it: hosts may be names
	feed       *discovery.Feed // with every host an address

	mu       sync.Mutex  // guards following
	switches []time.Time // at which another catalog took the place of the one before, since the last set was learnt

	// The service's parts for it, run's:
	watching, resolving *part

	// update's:
	roster *roster   // of the last set
	known  time.Time // when each instance of the first set has had its chance of a verdict; zero: no set yet
}

// newTier signals on changed. Its instances have the datacenter before their names, so
// that two datacenters never share a name.
func newTier(datacenter string, changed chan struct{}) *tier {
	t := &tier{
		datacenter: datacenter,
		catalog:    discovery.NewFeed(),
		feed:       discovery.NewFeedTo(changed),
	}
	prefix := ""
	if datacenter != "" {
		prefix = datacenter + "/"
	}
	t.roster = newRoster(prefix)
	return t
}

// name is the datacenter as logs have it.
func (t *tier) name() string {
	if t.datacenter == "" {
		return "local"
	}
	return t.datacenter
}

func (t *tier) query(c config.Service) discovery.Query {
	q := discovery.Query{Service: c.Name, Tags: c.Tags, Filter: c.Filter, Datacenter: t.datacenter, EmptyHold: c.EmptyHold}
	if c.OnEmpty == config.OnEmptyApply {
		q.OnEmpty = discovery.Apply
	}
	return q
}

// resolve keeps feed up to date with catalog until ctx ends.
func (t *tier) resolve(ctx context.Context, r *discovery.Resolver) error {
	return r.Resolve(ctx, t.catalog, t.feed)
}

// refill takes the newest set, and reports whether it is another. The chance is how long
// the first one's verdicts may take.
func (t *tier) refill(now time.Time, chance time.Duration) bool {
	set := t.feed.Set()
	if set == nil || set == t.roster.set {
		return false
	}
	if t.known.IsZero() {
		t.known = now.Add(chance)
	}
	t.roster.fill(set)
	return true
}

// switched notes that the sets to come are another catalog's than those so far, if there are any.
func (t *tier) switched(now time.Time) {
	if t.feed.Set() == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.switches = append(t.switches, now)
}

// arrived reports whether the newest set is another catalog's than the one before.
func (t *tier) arrived() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 0
	for n < len(t.switches) && t.switches[n].Before(t.roster.set.Learnt) {
		n++
	}
	t.switches = t.switches[n:]
	return n > 0
}

// hear takes in verdicts, as roster.hear does.
func (t *tier) hear(checker *health.Checker, all bool, now time.Time) {
	if t.roster.hear(checker, all) && now.Before(t.known) {
		t.known = now
	}
}
