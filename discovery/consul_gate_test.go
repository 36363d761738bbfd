package discovery

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// An outage: each watch retries at once, then a pulse knocks every 2 s, then all return within 2 s
// of the first answer. One warning and one info tell of it.
func TestGateOutage(t *testing.T) {
	// The last answer before the outage is long past, or just there.
	for _, busy := range []bool{false, true} {
		t.Run(fmt.Sprintf("busy %v", busy), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const services = 100
				a := newAgent()
				fleet(t, a, services, func(feeds []*Feed, log *logs) {
					time.Sleep(10 * time.Second)
					if busy {
						a.bump()
						time.Sleep(time.Second)
					}
					before := show(feeds[7].Set())
					a.set(true)
					time.Sleep(time.Second)
					a.mu.Lock()
					if n := len(a.knocks); n == 0 || n > services {
						t.Errorf("retries at once: got %d, want 1 to %d", n, services)
					}
					a.knocks, a.pulses = nil, nil
					a.mu.Unlock()

					time.Sleep(60 * time.Second)
					a.mu.Lock()
					if n := len(a.knocks); n != 0 {
						t.Errorf("reads in the outage: got %d, want 0", n)
					}
					if n := len(a.pulses); n < 27 || n > 33 {
						t.Errorf("pulses in 60 s: got %d, want 30", n)
					}
					a.mu.Unlock()
					if got := show(feeds[7].Set()); got != before {
						t.Errorf("set in the outage: got %s, want %s", got, before)
					}

					a.set(false)
					time.Sleep(pulseEvery*11/10 + maxSpread)
					if late := a.stragglers(feeds); late != nil {
						t.Errorf("not back 4.2 s after the agent: %v", late)
					}
					checkSpread(t, a, services)
					if w, i := log.count("WARN"), log.count("INFO"); w != 1 || i != 1 {
						t.Errorf("got %d warnings and %d infos, want one each:\n%s", w, i, log)
					}
				})
			})
		})
	}
}

// checkSpread looks at the reads at index 0 since the agent came back: they may
// not all come in one moment.
func checkSpread(t *testing.T, a *agent, services int) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	early, all := 0, 0
	seen := map[string]bool{} // a service's later reads are for another reason
	for _, k := range a.knocks {
		if k.index != "" || seen[k.service] {
			continue
		}
		seen[k.service] = true
		all++
		if k.at.Sub(a.knocks[0].at) < time.Duration(services)*spreadEach/2 {
			early++
		}
	}
	if all != services || early < services/4 || early > services*3/4 {
		t.Errorf("reads on return: got %d, %d of them in the first half, want %d, half of them", all, early, services)
	}
}

// An agent that hangs is noticed within seconds, not when polls end, and so is its return.
func TestGateHungAgent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAgent()
		fleet(t, a, 50, func(feeds []*Feed, log *logs) {
			time.Sleep(10 * time.Second)
			a.mu.Lock()
			a.hung = make(chan struct{})
			a.mu.Unlock()
			time.Sleep(pulseEvery*11/10 + pulsePatience)
			if n := log.count("WARN"); n != 1 {
				t.Errorf("after 7.2 s: got %d warnings, want one:\n%s", n, log)
			}
			time.Sleep(5 * time.Minute)
			a.mu.Lock()
			close(a.hung)
			a.hung = nil
			a.index++
			a.mu.Unlock()
			time.Sleep(maxSpread)
			if late := a.stragglers(feeds); late != nil {
				t.Errorf("not back 2 s after the agent: %v", late)
			}
			if w, i := log.count("WARN"), log.count("INFO"); w != 1 || i != 1 {
				t.Errorf("got %d warnings and %d infos, want one each:\n%s", w, i, log)
			}
		})
	})
}

// An outage at start: nobody ever had an answer.
func TestGateOutageAtStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAgent()
		a.set(true)
		fleet(t, a, 30, func(feeds []*Feed, log *logs) {
			time.Sleep(30 * time.Second)
			if got := show(feeds[3].Set()); got != "never" {
				t.Errorf("set: got %s, want never: no answer is not an empty one", got)
			}
			a.set(false)
			time.Sleep(pulseEvery*11/10 + maxSpread)
			if late := a.stragglers(feeds); late != nil {
				t.Errorf("no set 4 s after the agent came: %v", late)
			}
			if w, i := log.count("WARN"), log.count("INFO"); w != 1 || i != 1 {
				t.Errorf("got %d warnings and %d infos, want one each:\n%s", w, i, log)
			}
		})
	})
}

// A service that Consul can't answer for holds up no other: not in quiet, not
// when the others move, not when they come back from an outage with it.
func TestGateOneBrokenService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAgent()
		a.broken = "s0"
		fleet(t, a, 20, func(feeds []*Feed, log *logs) {
			time.Sleep(10 * time.Second)
			if late := a.stragglers(feeds); len(late) != 1 {
				t.Errorf("without a set after 10 s: got %v, want s0 alone", late)
			}
			for range 12 { // moves far apart and in bursts
				for range 3 {
					time.Sleep(300 * time.Millisecond)
					a.bump()
				}
				time.Sleep(20 * time.Second)
				a.bump()
				time.Sleep(200 * time.Millisecond)
				if late := a.stragglers(feeds); len(late) != 1 {
					t.Fatalf("late by 200 ms: got %v, want s0 alone", late)
				}
			}
			if w, i := log.count("WARN"), log.count("INFO"); w > 3 || i > 2 {
				t.Errorf("got %d warnings and %d infos in 4 minutes, want a few:\n%s", w, i, log)
			}

			a.set(true)
			time.Sleep(30 * time.Second)
			a.set(false)
			time.Sleep(pulseEvery*11/10 + maxSpread)
			if late := a.stragglers(feeds); len(late) != 1 {
				t.Errorf("not back 6 s after the agent: got %v, want s0 alone", late)
			}
		})
	})
}

// Quiet is the hard case: without answers to others there is nothing to tell a
// broken service from a silent agent, yet the two must not be confused for ever.
func TestGateBrokenServiceInQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAgent()
		a.broken = "s1"
		fleet(t, a, 2, func(feeds []*Feed, log *logs) {
			time.Sleep(time.Hour)
			if w, i := log.count("WARN"), log.count("INFO"); w > 3 || i > 2 {
				t.Errorf("got %d warnings and %d infos in an hour, want a few:\n%s", w, i, log)
			}
			a.mu.Lock()
			a.broken = ""
			a.mu.Unlock()
			time.Sleep(maxRetry)
			if late := a.stragglers(feeds); late != nil {
				t.Errorf("not back %v after the service: %v", maxRetry, late)
			}
		})
	})
}

// Whatever its watches are at, a catalog whose context ends is gone at once.
func TestWatchEndsInEveryState(t *testing.T) {
	for after := time.Duration(0); after < 12*time.Second; after += 250 * time.Millisecond {
		synctest.Test(t, func(t *testing.T) {
			a := newAgent()
			a.broken = "s0" // pauses alone
			a.hung = make(chan struct{})
			hung := a.hung
			time.AfterFunc(time.Second, func() { // until then most wait for their first load
				a.mu.Lock()
				a.hung = nil
				a.mu.Unlock()
				close(hung)
			})
			time.AfterFunc(3*time.Second, func() { a.set(true) }) // to the gate
			time.AfterFunc(8*time.Second, func() { a.set(false) })
			var ended time.Time
			fleet(t, a, 40, func([]*Feed, *logs) {
				time.Sleep(after)
				ended = time.Now()
			})
			if late := time.Since(ended); late != 0 {
				t.Errorf("ended after %v: got the last watch %v later, want at once", after, late)
			}
			time.Sleep(12 * time.Second) // the rest of the plan
		})
	}
}
