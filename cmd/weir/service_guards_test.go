package main

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"weir/config"
	"weir/discovery"
	"weir/health"
)

// When nobody is eligible, all that had a verdict are tried; those whose heartbeat is up first.
func TestPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := play(t, config.Service{HealthyWhen: config.HealthyBoth, Failover: []string{"dc2"}})
		st.kill(local1, local2, far1)
		st.publish(0, discovery.Passing, false, local1, local2)
		st.publish(1, discovery.Critical, false, far1)
		st.at(1100 * time.Millisecond)
		st.uses("n/web-1", "n/web-2")
		const panics = "warn panic: too few instances are eligible, using all that had a verdict "
		st.logged(panics + "local")
		began := st.guards.Load().panic
		if began.IsZero() || !st.isReady() {
			t.Errorf("got panic since %v, ready: %v", began, st.isReady())
		}

		st.revive(far1)
		st.at(4 * time.Second)
		st.uses("dc2/n/web-1") // critical, but alive
		if now := *st.guards.Load(); now.panic != began || now.datacenter != "dc2" {
			t.Errorf("got guards %+v, want panic since %v", now, began)
		}
		st.revive(local1)
		st.at(7 * time.Second)
		st.uses("n/web-1")
		st.logged(panics+"local", "warn failing over dc2", "info failing back local", "info panic is over")
		if now := *st.guards.Load(); now != (guards{}) {
			t.Errorf("got guards %+v, want none", now)
		}
	})
}

// A held instance goes when its heartbeat fails, also where the catalog alone decides.
func TestHeldAndDown(t *testing.T) {
	for _, rule := range []config.HealthyWhen{config.HealthyBoth, config.HealthyCatalog, config.HealthyHeartbeat} {
		t.Run(string(rule), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st := play(t, config.Service{HealthyWhen: rule, Failover: []string{"dc2"}})
				st.publish(0, discovery.Passing, false, local1, local2)
				st.publish(1, discovery.Passing, false, far1)
				st.at(10 * time.Second)
				st.publish(0, discovery.Passing, true, local1, local2)
				st.at(20 * time.Second)
				st.uses("n/web-1", "n/web-2")
				if now := *st.guards.Load(); now.held != 2 || now.hold.Sub(st.start) != 10*time.Second {
					t.Errorf("got guards %+v, want 2 held since 10s", now)
				}
				st.kill(local1)
				st.at(28 * time.Second)
				st.uses("n/web-2")
				st.kill(local2)
				st.at(36 * time.Second)
				st.uses("dc2/n/web-1")
				st.logged("warn failing over dc2")
				if now := *st.guards.Load(); now.held != 0 || !now.hold.IsZero() {
					t.Errorf("got guards %+v, want none held in use", now)
				}
			})
		})
	}
}

// Any goroutine may look while the service is followed.
func TestGuardsAreReadWhileTheyChange(t *testing.T) {
	s := newService(config.Service{Name: "web", HealthyWhen: config.HealthyCatalog, Failover: []string{"dc2"}}, nil, health.NewLimiter(1), hclog.NewNullLogger())
	s.tiers[1].feed.Publish(instances(2))
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				if now := *s.guards.Load(); (now.datacenter == "") != now.failover.IsZero() {
					t.Errorf("got guards %+v, of two moments", now)
				}
			}
		}
	})
	now := time.Now()
	for n := range 1_000 {
		s.tiers[0].feed.Publish(instances(n % 2))
		now = now.Add(time.Second)
		s.update(now)
	}
	close(stop)
	wg.Wait()
}

func TestLacks(t *testing.T) {
	lost := instances(3)
	lost.Instances[1].Held = true
	critical := instances(2)
	for i := range critical.Instances {
		critical.Instances[i].Status = discovery.Maintenance
	}
	for want, tt := range map[string]struct {
		tags []string
		sets []*discovery.Set
	}{
		"the catalog hasn't answered yet":                                              {nil, []*discovery.Set{nil}},
		"the catalog has no instance of this name":                                     {nil, []*discovery.Set{instances(0)}},
		"the catalog has no instance with all of the tags":                             {[]string{"v2"}, []*discovery.Set{instances(0)}},
		"none of 2 instances is eligible":                                              {nil, []*discovery.Set{critical}},
		"none of 3 instances is eligible, 1 of which the catalog has lost":             {nil, []*discovery.Set{lost}},
		"local: the catalog hasn't answered yet; dc2: none of 2 instances is eligible": {nil, []*discovery.Set{nil, critical}},
	} {
		c := config.Service{Name: "web", Tags: tt.tags, HealthyWhen: config.HealthyCatalog}
		for range tt.sets[1:] {
			c.Failover = append(c.Failover, "dc2")
		}
		s := newService(c, nil, health.NewLimiter(1), hclog.NewNullLogger())
		for i, set := range tt.sets {
			if set != nil {
				s.tiers[i].catalog.Publish(set)
			}
		}
		if got := s.lacks(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	s := newService(config.Service{Name: "web", HealthyWhen: config.HealthyCatalog}, nil, health.NewLimiter(1), hclog.NewNullLogger())
	s.tiers[0].feed.Publish(instances(1))
	s.update(time.Now())
	if got := s.lacks(); got != "" {
		t.Errorf("with a backend: got %q", got)
	}
}
