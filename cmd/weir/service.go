package main

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/go-hclog"

	"weir/balance"
	"weir/config"
	"weir/discovery"
	"weir/health"
	"weir/proxy/session"
)

// A service joins what the catalog says and what the heartbeats say into the
// pool that the listeners pick from.
type service struct {
	conf     config.Service
	log      hclog.Logger
	catalog  *discovery.Feed     // as the catalog has it: hosts may be names
	feed     *discovery.Feed     // with every host an address
	resolver *discovery.Resolver // shared by all services
	checker  *health.Checker     // nil without heartbeats
	pool     *balance.Pool
	ready    chan struct{} // closed once every instance of a first set had its chance of a verdict

	// update's:
	roster *roster // of the last set
	heard  bool    // a verdict is new since the last update
}

func newService(c config.Service, resolver *discovery.Resolver, limiter *health.Limiter, log hclog.Logger) *service {
	s := &service{
		conf:     c,
		log:      log.Named("balance").With("service", c.Name),
		catalog:  discovery.NewFeed(),
		feed:     discovery.NewFeed(),
		resolver: resolver,
		pool:     balance.NewPool(rule(c), balance.WeightedRoundRobin{}),
		ready:    make(chan struct{}),
		roster:   newRoster(),
	}
	if h := c.Heartbeat; h != nil {
		s.checker = health.NewChecker(health.Options{
			Service:  c.Name,
			Probe:    probe(h),
			Port:     h.Port,
			Interval: h.Interval,
			Timeout:  h.Timeout,
			Rise:     h.Rise,
			Fall:     h.Fall,
			Limiter:  limiter,
			Logger:   log.Named("health"),
		})
	}
	return s
}

func rule(c config.Service) balance.Rule {
	switch c.HealthyWhen {
	case config.HealthyCatalog:
		return balance.Catalog
	case config.HealthyHeartbeat:
		return balance.HeartbeatOnly
	}
	return balance.Both
}

func probe(h *config.Heartbeat) health.Probe {
	if h.Type == config.TCP {
		return health.TCP{}
	}
	return health.HTTP{Path: h.Path, Expect: h.Expect}
}

func (s *service) query() discovery.Query {
	return discovery.Query{Service: s.conf.Name, Tags: s.conf.Tags, Filter: s.conf.Filter}
}

// proxy is the service as its listeners see it.
func (s *service) proxy() *session.Service {
	p := &session.Service{
		Name:           s.conf.Name,
		Pool:           s.pool,
		ConnectTimeout: s.conf.ConnectTimeout,
		Retries:        s.conf.Retries,
	}
	if s.checker != nil {
		p.ConnectFailed = func(b *balance.Backend) {
			s.checker.Kick(health.Target{Name: b.Name(), Addr: b.Addr()})
		}
	}
	return p
}

// resolve keeps feed up to date with catalog until ctx ends.
func (s *service) resolve(ctx context.Context) error {
	return s.resolver.Resolve(ctx, s.catalog, s.feed)
}

// settle is the least time between two updates of the pool: thousands of first
// verdicts within it cost one new schedule, not one each.
const settle = 10 * time.Millisecond

// follow updates the pool on every change until ctx ends.
func (s *service) follow(ctx context.Context) error {
	var verdicts <-chan struct{} // nil without heartbeats: never ready
	if s.checker != nil {
		verdicts = s.checker.Changed()
	}
	var chance <-chan time.Time // when every instance of the first set had its chance
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.feed.Changed():
		case <-verdicts:
			s.heard = true
		case <-chance:
			s.setReady()
			continue
		}
		set := s.feed.Set()
		if set == nil {
			continue
		}
		if chance == nil && s.checker != nil {
			chance = time.After(s.conf.Heartbeat.Timeout)
		}
		if s.update(set) {
			s.setReady()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(settle):
		}
	}
}

// update brings the pool up to date with the set and the verdicts. It reports
// whether no awaited verdict is outstanding.
func (s *service) update(set *discovery.Set) (settled bool) {
	if set != s.roster.set {
		s.roster.fill(set)
		if s.checker != nil {
			s.checker.Follow(s.roster.targets)
		}
	}
	settled = true
	if s.checker != nil {
		settled = s.roster.hear(s.checker, s.verdicts())
	}
	s.report(s.pool.Update(s.roster.members), s.roster)
	return settled || s.conf.HealthyWhen == config.HealthyCatalog
}

// verdicts reports whether any verdict may have changed since it was last asked.
func (s *service) verdicts() (changed bool) {
	changed, s.heard = s.heard, false
	select {
	case <-s.checker.Changed():
		return true
	default:
		return changed
	}
}

// lacks says what keeps the service from having a backend; "" if it has one.
func (s *service) lacks() string {
	set := s.catalog.Set()
	switch {
	case s.pool.Snapshot().Len() > 0:
		return ""
	case set == nil:
		return "the catalog hasn't answered yet"
	case len(set.Instances) == 0 && len(s.conf.Tags) > 0:
		return "the catalog has no instance with all of the tags"
	case len(set.Instances) == 0:
		return "the catalog has no instance of this name"
	}
	return fmt.Sprintf("none of %d instances is eligible", len(set.Instances))
}

func (s *service) setReady() {
	select {
	case <-s.ready:
	default:
		close(s.ready)
	}
}
