package main

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"weir/balance"
	"weir/config"
	"weir/discovery"
	"weir/health"
	"weir/proxy/session"
)

// cut notes what the service ends, in whole tenths of a second after the start.
func (st *stage) cut(b *balance.Backend, r session.EndReason) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.ends = append(st.ends, fmt.Sprintf("%s %s %s", b.Name(), r, time.Since(st.start).Truncate(100*time.Millisecond)))
}

// ended checks which backends' connections were ended so far, why and when: never early, and less than 100 ms late.
func (st *stage) ended(want ...string) {
	st.t.Helper()
	st.mu.Lock()
	defer st.mu.Unlock()
	if diff := cmp.Diff(want, st.ends); diff != "" {
		st.t.Errorf("%v after the start, ended (-want +got):\n%s", time.Since(st.start), diff)
	}
}

// join gives each backend that is eligible connections, a different number each.
func (st *stage) join() {
	n := int64(0)
	for b := range st.pool.Snapshot().All() {
		n++
		b.Active.Store(n)
	}
}

// backend is an eligible one.
func (st *stage) backend(name string) *balance.Backend {
	st.t.Helper()
	for b := range st.pool.Snapshot().All() {
		if b.Name() == name {
			return b
		}
	}
	st.t.Fatalf("%s isn't eligible", name)
	return nil
}

// Connections of what is withdrawn end when drain is over, and no others.
func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := play(t, config.Service{HealthyWhen: config.HealthyBoth, Drain: 10 * time.Second, OnUnhealthy: config.OnUnhealthyClose})
		st.publish(0, discovery.Passing, false, local1, local2)
		st.at(time.Second)
		st.join()
		gone := st.backend("n/web-1")

		st.at(2 * time.Second)
		in := func(host string, status discovery.Status, weight int) discovery.Instance {
			return discovery.Instance{
				Identity: discovery.Identity{Datacenter: "dc1", Node: "n", Service: "web-" + host[len(host)-1:]},
				Host:     host, Port: 80, Passing: weight, Warning: weight, Status: status,
			}
		}
		say := func(list ...discovery.Instance) { st.tiers[0].catalog.Publish(discovery.NewSet(list, time.Now())) }
		say(in(local2, discovery.Passing, 1))
		st.at(3 * time.Second)
		say(in(local2, discovery.Maintenance, 1))
		st.at(11900 * time.Millisecond)
		st.ended()
		st.at(12100 * time.Millisecond)
		st.ended("n/web-1 drained 12s")
		if !gone.Closed.Load() {
			t.Error("who joins it late would stay")
		}
		st.at(12500 * time.Millisecond)
		say(in(local2, discovery.Passing, 1)) // back in time
		st.at(20 * time.Second)
		st.ended("n/web-1 drained 12s")
		say(in(local2, discovery.Passing, 0)) // a time of its own
		st.at(29900 * time.Millisecond)
		st.ended("n/web-1 drained 12s")
		st.at(60 * time.Second)
		st.ended("n/web-1 drained 12s", "n/web-2 drained 30s")

		gone.Active.Store(0)
		say(in(local1, discovery.Passing, 1), in(local2, discovery.Passing, 1))
		st.at(61 * time.Second)
		if st.backend("n/web-2").Closed.Load() {
			t.Error("a backend in service is closed")
		}
		st.logged("info drain over, ending connections", "info drain over, ending connections")
		for _, want := range []string{`"connections":1,"instance":"n/web-1","service":"web"`, `"connections":2,"instance":"n/web-2","service":"web"`} {
			if !strings.Contains(st.log.String(), want) {
				t.Errorf("the log has no %s:\n%s", want, st.log)
			}
		}
	})
}

// Connections of what isn't healthy end at once where the service says so, but not of what is used all the same.
func TestOnUnhealthy(t *testing.T) {
	for _, on := range []config.OnUnhealthy{config.OnUnhealthyClose, config.OnUnhealthyKeep} {
		t.Run(string(on), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st := play(t, config.Service{HealthyWhen: config.HealthyBoth, Drain: 10 * time.Second, OnUnhealthy: on})
				st.publish(0, discovery.Passing, false, local1, local2)
				st.at(900 * time.Millisecond)
				st.join()
				st.kill(local1)
				st.at(15 * time.Second)
				var want []string
				if on == config.OnUnhealthyClose {
					st.mu.Lock()
					if len(st.ends) == 1 { // within fall × interval + timeout
						want = []string{"n/web-1 unhealthy " + strings.Fields(st.ends[0])[2]}
					}
					st.mu.Unlock()
					if want == nil {
						t.Fatal("nothing was ended, or more than once")
					}
				}
				st.ended(want...)
				st.uses("n/web-2")
				st.kill(local2) // panic: both serve
				st.at(60 * time.Second)
				st.uses("n/web-1", "n/web-2")
				st.ended(want...)
				for b := range st.pool.Snapshot().All() {
					if b.Closed.Load() {
						t.Errorf("%v is used and closed", b)
					}
				}
			})
		})
	}
}

// Who is on standby keeps its connections, unless it leaves its own datacenter.
func TestDrainOnStandby(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := play(t, config.Service{
			HealthyWhen: config.HealthyBoth, Failover: []string{"dc2"}, Drain: 5 * time.Second, OnUnhealthy: config.OnUnhealthyClose,
		})
		st.publish(1, discovery.Passing, false, far1, far2)
		st.publish(0, discovery.Critical, false, local1)
		st.at(5 * time.Second)
		st.uses("dc2/n/web-1", "dc2/n/web-2")
		st.join()
		st.publish(0, discovery.Passing, false, local1)
		st.at(60 * time.Second)
		st.uses("n/web-1")
		st.ended()
		st.publish(1, discovery.Passing, false, far2)
		st.at(64900 * time.Millisecond)
		st.ended()
		st.at(65100 * time.Millisecond)
		st.ended("dc2/n/web-1 drained 1m5s")
		st.publish(1, discovery.Critical, false, far2)
		st.at(66 * time.Second)
		st.ended("dc2/n/web-1 drained 1m5s", "dc2/n/web-2 unhealthy 1m5.1s")
	})
}

// A reload changes the time of what is leaving already.
func TestDrainIsReloaded(t *testing.T) {
	s := newService(config.Service{Name: "web", HealthyWhen: config.HealthyCatalog, Drain: config.Forever, OnUnhealthy: config.OnUnhealthyKeep},
		nil, health.NewLimiter(1), hclog.NewNullLogger())
	var ended []string
	s.end = func(b *balance.Backend, r session.EndReason) { ended = append(ended, b.Name()+" "+string(r)) }
	all := instances(3).Instances
	publish := func(list ...discovery.Instance) { s.tiers[0].feed.Publish(discovery.NewSet(list, time.Time{})) }
	publish(all...)
	start := time.Now()
	at := func(d time.Duration, drain time.Duration, on config.OnUnhealthy, again time.Duration, want ...string) {
		t.Helper()
		s.conf.Drain, s.conf.OnUnhealthy = drain, on
		next := s.update(start.Add(d))
		switch {
		case again == 0 && !next.IsZero(), again != 0 && !next.Equal(start.Add(again)):
			t.Errorf("at %v: got again at %v, want %v", d, next.Sub(start), again)
		}
		if diff := cmp.Diff(want, ended); diff != "" {
			t.Errorf("at %v, ended (-want +got):\n%s", d, diff)
		}
	}
	const keep, cut = config.OnUnhealthyKeep, config.OnUnhealthyClose
	at(0, config.Forever, keep, 0)
	backends := map[string]*balance.Backend{}
	for b := range s.pool.Snapshot().All() {
		b.Active.Store(2)
		backends[b.Name()] = b
	}
	critical := all[1]
	critical.Status = discovery.Critical
	publish(critical, all[2]) // the first is gone
	gone, bad := backends[all[0].Identity.String()], backends[all[1].Identity.String()]
	at(time.Second, config.Forever, keep, 0)
	at(2*time.Second, time.Minute, keep, 61*time.Second)
	at(3*time.Second, 5*time.Second, keep, 6*time.Second)
	at(4*time.Second, 3*time.Second, keep, 0, gone.Name()+" drained")
	at(5*time.Second, time.Minute, cut, 61*time.Second, gone.Name()+" drained", bad.Name()+" unhealthy")
	if gone.Closed.Load() || !bad.Closed.Load() {
		t.Errorf("closed: got %v and %v, want only the unhealthy one", gone.Closed.Load(), bad.Closed.Load())
	}
	at(6*time.Second, 0, keep, 0, gone.Name()+" drained", bad.Name()+" unhealthy", gone.Name()+" drained")
	if !gone.Closed.Load() || bad.Closed.Load() {
		t.Errorf("closed: got %v and %v, want only the one that is gone", gone.Closed.Load(), bad.Closed.Load())
	}
}
