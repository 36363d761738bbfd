package main

import (
	"context"
	"slices"
	"sync/atomic"
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
	conf     config.Service // stays as it is: a reload makes another service, which succeeds this one
	log      hclog.Logger
	tiers    []*tier             // the catalog's own datacenter, then those to fail over to
	changed  chan struct{}       // cap 1: a tier has another set
	resolver *discovery.Resolver // shared by all services
	checker  *health.Checker     // of the instances of all tiers; nil without heartbeats
	pool     *balance.Pool
	stocked  chan struct{} // closed once a tier had a set
	ready    chan struct{} // closed once the choice of backends waits for nothing: after maxStartWait at the latest
	guards   atomic.Pointer[guards]

	end func(*balance.Backend, session.EndReason) // all connections of a backend; as proxy.Server.End

	// update's:
	selector balance.Selector
	trial    time.Time      // until when the catalog alone decides, as the first heartbeats are under way; zero: it's over
	choice   []balance.Tier // the tiers, as the selector sees them
	used     *tier          // that the pool has
	heard    bool           // a verdict is new since the last update

	// Its parts, run's:
	following, checking *part
}

func newService(c config.Service, resolver *discovery.Resolver, limiter *health.Limiter, log hclog.Logger) *service {
	s := &service{
		conf:     c,
		log:      log.Named("balance").With("service", c.Name),
		changed:  make(chan struct{}, 1),
		resolver: resolver,
		pool:     balance.NewPool(balance.WeightedRoundRobin{}),
		stocked:  make(chan struct{}),
		ready:    make(chan struct{}),
		selector: balance.Selector{
			Rule:       rule(c),
			PanicBelow: c.PanicThreshold,
			Failback:   c.Failback,
			Patience:   maxStartWait,
		},
	}
	s.guards.Store(&guards{})
	for _, datacenter := range append([]string{""}, c.Failover...) {
		s.tiers = append(s.tiers, newTier(datacenter, s.changed))
	}
	s.used = s.tiers[0]
	if c.Heartbeat != nil {
		s.checker = newChecker(c, limiter, log)
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

// proxy is the service as its listeners see it.
func (s *service) proxy() *session.Service {
	p := &session.Service{
		Name:           s.conf.Name,
		Pool:           s.pool,
		ConnectTimeout: s.conf.ConnectTimeout,
		Retries:        s.conf.Retries,
		MaxPerInstance: s.conf.MaxPerInstance,
		ProxyProtocol:  header(s.conf.ProxyProtocol),
	}
	if checker := s.checker; checker != nil {
		p.ConnectFailed = func(b *balance.Backend) {
			checker.Kick(health.Target{Name: b.Name(), Addr: b.Addr()})
		}
	}
	return p
}

func header(p config.ProxyProtocol) session.ProxyProtocol {
	switch p {
	case config.ProxyProtocolV1:
		return session.HeaderV1
	case config.ProxyProtocolV2:
		return session.HeaderV2
	}
	return session.NoHeader
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
	again := s.update(time.Now())
	for {
		var alarm <-chan time.Time
		if !again.IsZero() {
			alarm = time.After(time.Until(again))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.changed:
		case <-verdicts:
			s.heard = true
		case <-alarm:
		}
		again = s.update(time.Now())
		if s.pool.Snapshot().Len() == 0 {
			continue // clients are being reset: the next verdict must not wait
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(settle):
		}
	}
}

// update brings the pool up to date with the sets and the verdicts. It returns when to do
// so again though nothing has changed; zero: no need.
func (s *service) update(now time.Time) (again time.Time) {
	s.refill(now)
	if s.checker != nil {
		all := s.verdicts()
		for _, t := range s.tiers {
			t.hear(s.checker, all, now)
		}
	}
	s.choice = s.choice[:0]
	for _, t := range s.tiers {
		s.choice = append(s.choice, balance.Tier{Members: t.roster.members, Known: t.known})
	}
	again = s.judge(now)
	sel := s.selector.Select(s.choice, now)
	s.use(sel, now)
	if !sel.Waiting {
		closeOnce(s.ready)
	}
	return earlier(earlier(sel.Again, again), s.drain(now))
}

// lateVerdict is more than it takes until a heartbeat that timed out is a verdict.
const lateVerdict = 50 * time.Millisecond

// chance is how long the first verdicts on instances may take that are awaited.
func (s *service) chance() time.Duration {
	if s.conf.HealthyWhen == config.HealthyCatalog {
		return 0
	}
	return s.conf.Heartbeat.Timeout + lateVerdict
}

// refill takes in new sets.
func (s *service) refill(now time.Time) {
	changed := false
	for _, t := range s.tiers {
		if !t.refill(now, s.chance()) {
			continue
		}
		changed = true
		if t.arrived() {
			s.try(now)
		}
	}
	if !changed {
		return
	}
	closeOnce(s.stocked)
	s.watchHealth()
}

// watchHealth has the instances of all tiers sent heartbeats, if there are any.
func (s *service) watchHealth() {
	if s.checker == nil {
		return
	}
	targets := slices.Clip(s.tiers[0].roster.targets) // what is appended is appended to a copy
	for _, t := range s.tiers[1:] {
		targets = append(targets, t.roster.targets...)
	}
	s.checker.Follow(targets)
}

// use makes what was selected the pool's, and says so.
func (s *service) use(sel balance.Selection, now time.Time) {
	before, in := s.used, s.tiers[sel.Tier]
	moved := ""
	switch was := slices.Index(s.tiers, before); {
	case was < 0 && sel.Tier == 0, was > sel.Tier: // a reload may have taken the one in use away
		moved = "failback"
	case was < sel.Tier:
		moved = "failover"
	}
	s.used = in
	change := s.pool.Update(in.roster.members, sel.Admission, s.standby(sel.Tier)...)
	s.guard(in, moved, sel.Panic != balance.NoPanic, change, now)
	s.report(change, before.roster, moved)
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

// closeOnce closes what its one user may have closed before.
func closeOnce(c chan struct{}) {
	select {
	case <-c:
	default:
		close(c)
	}
}
