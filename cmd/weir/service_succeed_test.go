package main

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"weir/config"
	"weir/discovery"
	"weir/health"
)

// A mute catalog leaves it to the test to publish, and notes what it is asked.
type muteCatalog struct {
	mu    sync.Mutex // guards asked
	asked []discovery.Query
}

func (*muteCatalog) Run(ctx context.Context) error { <-ctx.Done(); return nil }

func (c *muteCatalog) Watch(ctx context.Context, q discovery.Query, _ *discovery.Feed) error {
	c.mu.Lock()
	c.asked = append(c.asked, q)
	c.mu.Unlock()
	<-ctx.Done()
	return nil
}

// began is how many watches began since the last call.
func (c *muteCatalog) began() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer func() { c.asked = nil }()
	return len(c.asked)
}

// A succession is a stage whose service can be succeeded by another.
type succession struct {
	*stage
	conf    config.Service
	catalog *muteCatalog
	start   starter
}

// playOn runs a service, in parts, until the test ends.
func playOn(t *testing.T, c config.Service) *succession {
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	su := &succession{catalog: &muteCatalog{}, conf: c}
	su.start = func(work func(context.Context) error) *part {
		own, cancel := context.WithCancel(ctx)
		p := &part{cancel, make(chan struct{})}
		wg.Go(func() { defer close(p.done); work(own) })
		return p
	}
	su.stage = setStage(t, c)
	t.Cleanup(func() { cancel(); wg.Wait() })
	su.begin(su.start, su.catalog)
	return su
}

// reload has a service with that change succeed the one that runs.
func (su *succession) reload(change func(*config.Service)) {
	change(&su.conf)
	old := su.service
	su.service = su.build(su.conf)
	su.succeed(old, time.Now())
	su.begin(su.start, su.catalog)
}

// Datacenters come and go without a loss of what is known of the others.
func TestSucceedWithOtherDatacenters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		su := playOn(t, config.Service{HealthyWhen: config.HealthyBoth, Failover: []string{"dc2"}})
		su.publish(0, discovery.Passing, false, local1)
		su.publish(1, discovery.Passing, false, far1, far2)
		su.at(time.Second)
		su.kill(local1)
		su.at(10 * time.Second)
		su.uses("dc2/n/web-1", "dc2/n/web-2")
		synctest.Wait()
		if got := su.catalog.began(); got != 2 {
			t.Errorf("at the start: got %d watches, want 2", got)
		}

		su.reload(func(c *config.Service) { c.Failover = []string{"dc3", "dc2"} })
		su.at(11 * time.Second)
		su.uses("dc2/n/web-1", "dc2/n/web-2")
		if got := su.catalog.began(); got != 1 {
			t.Errorf("with a datacenter more: got %d watches begun, want 1", got)
		}
		su.publish(1, discovery.Passing, false, third)
		su.at(12 * time.Second)
		su.uses("dc3/n/web-1") // better, and nothing ever spoke against it

		su.reload(func(c *config.Service) { c.Failover = []string{"dc2"} })
		su.at(13 * time.Second)
		su.uses("dc2/n/web-1", "dc2/n/web-2")
		if got := su.guards.Load(); got.datacenter != "dc2" || got.failover.IsZero() {
			t.Errorf("got guards %+v, want dc2", got)
		}
		su.revive(local1)
		su.at(20 * time.Second)
		su.uses("dc2/n/web-1", "dc2/n/web-2") // until the local one was good for failback
		su.reload(func(c *config.Service) { c.Failback = 15 * time.Second })
		su.at(28 * time.Second)
		su.uses("dc2/n/web-1", "dc2/n/web-2")
		su.at(32 * time.Second)
		su.uses("n/web-1")
		gone := su.tiers[1]
		su.reload(func(c *config.Service) { c.Failover = nil })
		su.at(33 * time.Second)
		su.uses("n/web-1")
		if !happened(gone.watching.done) || !happened(gone.resolving.done) {
			t.Error("the datacenter that is gone is followed on")
		}
		if got := su.catalog.began(); got != 0 {
			t.Errorf("with fewer datacenters: got %d watches begun, want none", got)
		}
		su.logged("warn failing over dc2", "info failing back dc3", "warn failing over dc2", "info failing back local")
	})
}

// The datacenter in use is taken away while the local one is good only for a moment.
func TestSucceedWithoutTheDatacenterInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		su := playOn(t, config.Service{HealthyWhen: config.HealthyBoth, Failover: []string{"dc2"}})
		su.kill(local1)
		su.publish(0, discovery.Passing, false, local1)
		su.publish(1, discovery.Passing, false, far1)
		su.at(10 * time.Second)
		su.uses("dc2/n/web-1")
		su.revive(local1)
		su.at(15 * time.Second)
		su.uses("dc2/n/web-1")
		su.reload(func(c *config.Service) { c.Failover = nil })
		su.at(16 * time.Second)
		su.uses("n/web-1")
		if got := *su.guards.Load(); got != (guards{}) {
			t.Errorf("got guards %+v, want none", got)
		}
		su.logged("warn failing over dc2", "info failing back local")
	})
}

// Only a query that is another one is asked anew.
func TestSucceedAsksOnlyWhatIsNew(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*config.Service)
		want   int // watches that begin
	}{
		"tags":       {func(c *config.Service) { c.Tags = []string{"v2"} }, 2},
		"filter":     {func(c *config.Service) { c.Filter = "a == b" }, 2},
		"on_empty":   {func(c *config.Service) { c.OnEmpty = config.OnEmptyApply }, 2},
		"empty_hold": {func(c *config.Service) { c.EmptyHold = time.Hour }, 2},
		"retries":    {func(c *config.Service) { c.Retries++ }, 0},
		"heartbeat":  {func(c *config.Service) { c.HealthyWhen = config.HealthyHeartbeat }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				su := playOn(t, config.Service{HealthyWhen: config.HealthyBoth, Failover: []string{"dc2"}})
				su.publish(0, discovery.Passing, false, local1, local2)
				su.at(time.Second)
				su.catalog.began()
				pool, checker := su.pool, su.checker
				su.reload(tt.change)
				su.at(2 * time.Second)
				if got := su.catalog.began(); got != tt.want {
					t.Errorf("got %d watches begun, want %d", got, tt.want)
				}
				if su.pool != pool || su.checker != checker {
					t.Error("got another pool or other heartbeats")
				}
				su.uses("n/web-1", "n/web-2")
				su.publish(0, discovery.Passing, false, local2)
				su.at(3 * time.Second)
				su.uses("n/web-2")
			})
		})
	}
}

// Who decides may change at any time: the verdicts are known already, or the catalog decides until they are.
func TestSucceedWithAnotherRule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		su := playOn(t, config.Service{HealthyWhen: config.HealthyCatalog})
		su.kill(local2)
		su.publish(0, discovery.Passing, false, local1, local2)
		su.at(10 * time.Second)
		su.uses("n/web-1", "n/web-2")
		su.reload(func(c *config.Service) { c.HealthyWhen = config.HealthyBoth })
		su.at(10*time.Second + 2*settle)
		su.uses("n/web-1")
		su.reload(func(c *config.Service) { c.HealthyWhen = config.HealthyCatalog })
		su.at(11 * time.Second)
		su.uses("n/web-1", "n/web-2")

		const local3 = "10.1.0.3"
		su.publish(0, discovery.Passing, false, local1, local2, local3)
		su.kill(local3)
		su.at(11*time.Second + 2*settle) // before the newcomer's first heartbeat is lost
		su.reload(func(c *config.Service) { c.HealthyWhen = config.HealthyBoth })
		su.at(11*time.Second + 4*settle)
		su.uses("n/web-1", "n/web-2", "n/web-3") // the catalog still decides
		su.at(13 * time.Second)
		su.uses("n/web-1")
	})
}

// Other heartbeats begin with the verdicts of those before, bad ones too.
func TestSucceedInheritsVerdicts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		su := playOn(t, config.Service{HealthyWhen: config.HealthyBoth})
		su.publish(0, discovery.Passing, false, local1, local2)
		su.at(time.Second)
		su.kill(local2)
		su.at(10 * time.Second)
		su.uses("n/web-1")
		old := su.checker
		su.kill(local1)
		su.conf.Heartbeat = &config.Heartbeat{Interval: time.Hour, Timeout: time.Minute, Rise: 1, Fall: 3}
		su.reload(func(*config.Service) {})
		if su.checker == old {
			t.Error("got the heartbeats of before")
		}
		if got := su.checker.State(health.Target{Name: "n/web-1", Addr: su.pool.Pick().Addr()}); got != health.Up {
			t.Errorf("got %v for the one that was up", got)
		}
		su.at(10*time.Second + settle)
		su.uses("n/web-1")
	})
}

// A verdict that nobody has heard yet when the reload comes is heard after it.
func TestSucceedHearsTheLastVerdict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		su := playOn(t, config.Service{HealthyWhen: config.HealthyBoth})
		su.publish(0, discovery.Passing, false, local1, local2)
		su.at(time.Second)
		end(su.following)
		su.kill(local2)
		su.at(10 * time.Second)
		su.uses("n/web-1", "n/web-2")
		su.conf.Heartbeat = &config.Heartbeat{Interval: time.Hour, Timeout: time.Minute, Rise: 1, Fall: 3}
		su.reload(func(*config.Service) {})
		su.at(10*time.Second + settle)
		su.uses("n/web-1")
	})
}

// Without heartbeats nothing speaks against an instance that the catalog has lost.
func TestSucceedForgetsVerdicts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		su := playOn(t, config.Service{HealthyWhen: config.HealthyCatalog})
		su.kill(local2)
		su.publish(0, discovery.Passing, true, local1, local2)
		su.at(10 * time.Second)
		su.uses("n/web-1")
		s := su.build(su.conf)
		s.conf.Heartbeat, s.checker = nil, nil
		s.succeed(su.service, time.Now())
		if !happened(su.checking.done) {
			t.Error("the heartbeats go on")
		}
		su.service = s
		s.update(time.Now())
		su.uses("n/web-1", "n/web-2")
		s.begin(su.start, su.catalog)
	})
}

// Drain holds at once, for those who have left before too.
func TestSucceedDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		su := playOn(t, config.Service{HealthyWhen: config.HealthyBoth, Drain: config.Forever})
		su.publish(0, discovery.Passing, false, local1, local2)
		su.at(time.Second)
		su.join()
		su.publish(0, discovery.Passing, false, local2)
		su.at(20 * time.Second)
		su.ended()
		su.reload(func(c *config.Service) { c.Drain = 25 * time.Second })
		su.at(25900 * time.Millisecond)
		su.ended()
		su.at(26100 * time.Millisecond)
		su.ended("n/web-1 drained 26s")
	})
}
