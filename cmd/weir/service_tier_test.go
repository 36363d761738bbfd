package main

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"weir/config"
	"weir/discovery"
)

// The second datacenter serves within fall × interval + timeout of the death of the local instances, and no longer
// than it must.
func TestFailover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := play(t, config.Service{HealthyWhen: config.HealthyBoth, Failover: []string{"dc2", "dc3"}})
		st.publish(0, discovery.Passing, false, local1, local2)
		st.publish(1, discovery.Passing, false, far1, far2)
		st.publish(2, discovery.Passing, false, third)
		st.at(20 * time.Millisecond)
		st.uses("n/web-1", "n/web-2")
		st.logged()

		st.at(60 * time.Second)
		st.kill(local1, local2)
		st.at(67*time.Second + 2*settle)
		st.uses("dc2/n/web-1", "dc2/n/web-2")
		st.logged("warn failing over dc2")
		now := *st.guards.Load()
		if since := now.failover.Sub(st.start); now.datacenter != "dc2" || since <= 64*time.Second || since > 67*time.Second+2*settle || !now.panic.IsZero() {
			t.Errorf("got guards %+v, failover after %v", now, since)
		}
		if !strings.Contains(st.log.String(), `"n/web-1:heartbeat-down"`) && !strings.Contains(st.log.String(), `"n/web-2:heartbeat-down"`) {
			t.Errorf("the log doesn't say why the last one left:\n%s", st.log)
		}

		st.at(100 * time.Second)
		st.revive(local2)
		st.at(130 * time.Second)
		st.uses("dc2/n/web-1", "dc2/n/web-2")
		st.at(132*time.Second + 2*settle) // the heartbeat was within an interval
		st.uses("n/web-2")
		st.logged("warn failing over dc2", "info failing back local")
		if got := *st.guards.Load(); got != (guards{}) {
			t.Errorf("got guards %+v, want none", got)
		}
		if !strings.Contains(st.log.String(), "dc2/n/web-1:failback") {
			t.Errorf("the log doesn't say why those of dc2 left:\n%s", st.log)
		}

		st.publish(1, discovery.Critical, false, far1, far2)
		st.at(133 * time.Second)
		st.publish(0, discovery.Passing, false)
		st.at(133*time.Second + time.Millisecond)
		st.uses("dc3/n/web-1")
		st.logged("warn failing over dc2", "info failing back local", "warn failing over dc3")
	})
}

// A datacenter that isn't in use is watched all the same, so that it serves at once.
func TestFailoverIsWatchedAllAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := play(t, config.Service{HealthyWhen: config.HealthyBoth, Failover: []string{"dc2"}})
		st.kill(far1)
		st.publish(0, discovery.Passing, false, local1)
		st.publish(1, discovery.Passing, false, far1, far2)
		st.at(10 * time.Second)
		st.uses("n/web-1")
		st.publish(0, discovery.Passing, false)
		st.at(10*time.Second + time.Millisecond)
		st.uses("dc2/n/web-2")
	})
}

func TestStartWithASilentDatacenter(t *testing.T) {
	for name, tt := range map[string]struct {
		silent int
		ready  time.Duration // 20 ms before it isn't
		uses   string
	}{
		"the local one":    {0, maxStartWait, "dc2/n/web-1"},
		"one to fall back": {1, 20 * time.Millisecond, "n/web-1"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st := play(t, config.Service{HealthyWhen: config.HealthyBoth, Failover: []string{"dc2"}})
				for tier, host := range []string{local1, far1} {
					if tier != tt.silent {
						st.publish(tier, discovery.Passing, false, host)
					}
				}
				st.at(tt.ready - 20*time.Millisecond)
				if st.isReady() {
					t.Errorf("ready %v after the start, before there is a choice", time.Since(st.start))
				}
				st.at(tt.ready)
				if !st.isReady() {
					t.Errorf("not ready after %v", tt.ready)
				}
				st.uses(tt.uses)
			})
		})
	}
}

// A local catalog that was silent at the start is used as soon as it speaks.
func TestLateLocalCatalog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := play(t, config.Service{HealthyWhen: config.HealthyBoth, Failover: []string{"dc2"}})
		st.publish(1, discovery.Passing, false, far1)
		st.at(8 * time.Second)
		st.uses("dc2/n/web-1")
		st.publish(0, discovery.Passing, false, local1)
		st.at(8*time.Second + 3*settle)
		st.uses("n/web-1")
		st.logged("warn failing over dc2", "info failing back local")
	})
}

// The start takes no longer than the heartbeats' timeout, and nobody is tried in panic before that.
func TestStartWithDeadBackends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := play(t, config.Service{HealthyWhen: config.HealthyBoth, PanicThreshold: 100})
		st.kill(local2)
		st.publish(0, discovery.Passing, false, local1, local2)
		st.at(900 * time.Millisecond)
		st.uses("n/web-1")
		if st.isReady() {
			t.Error("ready before each instance had its chance")
		}
		st.at(1100 * time.Millisecond)
		if !st.isReady() {
			t.Error("not ready though each instance had its chance")
		}
		st.uses("n/web-1", "n/web-2")
		st.logged("warn panic: too few instances are eligible, using all that had a verdict local")
	})
}
