package operate

import (
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"weir/test/rig"
)

// Everything at once, for as long as WEIR_SOAK says: instances come and go, connections are short,
// long, bulky and half-closed, the configuration changes, and weir is upgraded, though only in the
// first half: the second shows what one process comes to need.
func TestSoak(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv(soakEnv))
	if err != nil {
		length = 6 * time.Second
	}
	s := newSite(t)
	for _, name := range []string{"e", "f", "g", "h"} {
		s.start("web", name)
	}
	s.start("api", "x")
	s.weir.Log = "log {\nlevel = \"info\"\nformat = \"json\"\n}\n" // of hours of connections there would be too much to keep
	s.run()
	so := &soak{site: s, began: time.Now(), length: length, upgrades: min(max(length/20, time.Second), 30*time.Second)}
	before := s.weir.Descriptors(t)
	so.show("start")
	s.startTraffic()
	so.startMix()
	for time.Since(so.began) < length && !t.Failed() {
		so.turn()
	}
	so.stopMix()
	s.stopTraffic()
	s.until("end of the old generations", func() error { return atMost("generations", len(s.weir.Generations()), 1) })
	s.descriptorsReturn(before)
	so.show("end")
	s.report(fmt.Sprintf("all of it for %v", length), "%d reloads, %d upgrades, %d changes of the instances", so.reloaded, so.upgraded, so.churned)
	s.weir.Stop(t)
}

// A soak is a site on which much happens at once. What its operator does is one thing after another.
type soak struct {
	*site
	began                       time.Time
	length                      time.Duration
	upgrades                    time.Duration // between them
	reloaded, upgraded, churned int
	churnedAt, shownAt          time.Time
	reloadedAt, upgradedAt      time.Time
	out                         [8]bool // which backends are deregistered

	mixing sync.WaitGroup
	quit   chan struct{}
	mu     sync.Mutex // guards following
	made   int
	bad    []error
}

// turn does what is due.
func (so *soak) turn() {
	const tick = 20 * time.Millisecond
	due := func(at *time.Time, every time.Duration) bool {
		if time.Since(*at) < every {
			return false
		}
		*at = time.Now()
		return true
	}
	switch {
	case due(&so.shownAt, min(time.Minute, so.length/4)):
		so.show(time.Since(so.began).Round(time.Second).String())
	case due(&so.churnedAt, 300*time.Millisecond):
		so.churn()
	case time.Since(so.began) < so.length/2 && due(&so.upgradedAt, so.upgrades):
		so.upgrade(so.upgraded%2 == 0)
		so.upgraded++
	case due(&so.reloadedAt, 2*time.Second):
		so.reload()
	default:
		time.Sleep(tick)
	}
	so.steady()
	so.fail()
}

// churn takes an instance out or back in; half of them stay.
func (so *soak) churn() {
	i := rand.IntN(len(so.out) / 2)
	b := so.backends["web"][i]
	if so.out[i] = !so.out[i]; so.out[i] {
		so.folder.Remove(so.t, "web", b)
	} else {
		so.folder.Put(so.t, "web", b, 1+rand.IntN(3))
	}
	so.churned++
}

// reload adds, changes and removes a listener and a service, in turn, and a key of those in use.
func (so *soak) reload() {
	next := so.plan.copy()
	switch so.reloaded % 4 {
	case 0:
		next.services["api"] = servicePlan{patientService, "none"}
		next.listeners["api"] = listenerPlan{bind: so.at(apiPort), service: "web"}
	case 1:
		next.listeners["api"] = listenerPlan{bind: so.at(movedPort), service: "api"}
	case 2:
		delete(next.listeners, "api")
		delete(next.services, "api")
	}
	next.services["web"] = servicePlan{patientService, fmt.Sprintf("%s\nfall = %d", patientHeartbeat, 3+so.reloaded%3)}
	next.listeners["web"] = listenerPlan{bind: so.addr, service: "web", keys: fmt.Sprintf("idle_timeout = \"%dh\"", 1+so.reloaded%3)}
	so.plan = next
	so.weir.Configure(so.t, next.text())
	if o := so.operate("reload", so.reloaded%2 == 0); !o.OK {
		so.t.Errorf("reload: %s", o.Message)
	}
	so.reloaded++
}

// show prints a line of figures of the process that serves.
func (so *soak) show(when string) {
	so.t.Logf("%-8s %4d MiB %6d descriptors %4d threads %3d generations", when,
		so.weir.Memory(so.t)>>20, so.weir.Descriptors(so.t), so.weir.Threads(so.t), len(so.weir.Generations()))
}

// startMix adds to the traffic connections that are bulky, half-closed and of every length.
func (so *soak) startMix() {
	so.quit = make(chan struct{})
	so.keep(500*time.Millisecond, func() error {
		return rig.Bulk(so.addr, 1<<16+rand.IntN(4<<20), time.Duration(rand.IntN(500))*time.Millisecond).Err
	})
	so.keep(time.Second, func() error {
		return rig.Bulk(so.addr, rand.IntN(1<<12), time.Duration(rand.IntN(10000))*time.Millisecond).Err
	})
	for range 20 {
		so.keep(0, func() error {
			return rig.HoldStream(so.addr, so.form.every, time.Duration(rand.IntN(20000))*time.Millisecond, so.quit)
		})
	}
}

// keep begins a connection every so often, or when the one before has ended.
func (so *soak) keep(every time.Duration, connect func() error) {
	try := func() {
		err := connect()
		so.mu.Lock()
		defer so.mu.Unlock()
		if so.made++; err != nil {
			so.bad = append(so.bad, fmt.Errorf("at %s: %w", time.Now().Format("15:04:05.000"), err))
		}
	}
	so.mixing.Go(func() {
		for {
			select {
			case <-so.quit:
				return
			case <-time.After(every):
			}
			if every == 0 {
				try()
			} else {
				so.mixing.Go(try)
			}
		}
	})
}

func (so *soak) stopMix() {
	close(so.quit)
	so.mixing.Wait()
	so.connections += so.made
	so.fail()
}

// fail reports what has failed of the mix since it was last called.
func (so *soak) fail() {
	so.mu.Lock()
	defer so.mu.Unlock()
	for _, err := range so.bad {
		so.failed++
		so.t.Errorf("connection of the mix failed %v", err)
	}
	so.bad = nil
}
