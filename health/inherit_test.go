package health

import (
	"context"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"
)

// A checker that follows another one's targets has its verdicts from the first moment, whichever comes first: what it
// follows or what it inherits.
func TestInherit(t *testing.T) {
	for name, order := range map[string]func(c, old *Checker, targets []Target){
		"then follows":    func(c, old *Checker, targets []Target) { c.Inherit(old); c.Follow(targets) },
		"of its targets":  func(c, old *Checker, targets []Target) { c.Follow(targets); c.Inherit(old) },
		"and more follow": func(c, old *Checker, targets []Target) { c.Follow(targets[1:]); c.Inherit(old); c.Follow(targets) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				up, down, unproven, gone, fresh := target(1), target(2), target(3), target(4), target(5)
				old, _, stop := started(t, Options{Rise: 2, Fall: 3, Probe: probeFunc(func(ctx context.Context, addr netip.AddrPort) error {
					switch addr {
					case down.Addr:
						return errRefused
					case unproven.Addr:
						<-ctx.Done() // no verdict before its time-out
						return context.Canceled
					}
					return nil
				})})
				old.Follow([]Target{up, down, unproven, gone})
				time.Sleep(5 * time.Second)
				c := NewChecker(Options{Logger: hclog.NewNullLogger(), Rise: 1, Fall: 1})
				order(c, old, []Target{fresh, unproven, down, up})
				for _, test := range []struct {
					about  string
					target Target
					want   State
				}{
					{"up", up, Up}, {"down", down, Down}, {"unproven", unproven, Unproven},
					{"not followed any more", gone, Unproven}, {"new", fresh, Unproven},
				} {
					if got := c.State(test.target); got != test.want {
						t.Errorf("%s: got %v, want %v", test.about, got, test.want)
					}
				}
				stop()
				if got := old.State(up); got != Up {
					t.Errorf("the old one's own verdict: got %v, want %v", got, Up)
				}
				c.Follow([]Target{fresh})
				c.Follow([]Target{fresh, up, gone})
				for _, one := range []Target{up, gone} {
					if got := c.State(one); got != Unproven {
						t.Errorf("%s, which went and came back: got %v, want %v", one.Name, got, Unproven)
					}
				}
			})
		})
	}
}

// Failures that were counted before go on to count, and a good heartbeat changes nothing that is good.
func TestInheritStreak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failing, good := target(1), target(2)
		answers := script(nil, errRefused)
		probe := probeFunc(func(ctx context.Context, addr netip.AddrPort) error {
			if addr == failing.Addr {
				return answers.Probe(ctx, addr)
			}
			return nil
		})
		old, _, stop := started(t, Options{Rise: 1, Fall: 4, Probe: probe})
		old.Follow([]Target{failing, good})
		for old.streaks()[failing].contrary < 2 {
			time.Sleep(100 * time.Millisecond)
		}
		log := new(logBook)
		c := NewChecker(Options{
			Service: "web", Probe: probe, Interval: time.Minute, Timeout: time.Second, Rise: 1, Fall: 4,
			Limiter: NewLimiter(1), Logger: hclog.New(&hclog.LoggerOptions{Output: log, Level: hclog.Info, DisableTime: true}),
		})
		c.Inherit(old)
		c.Follow([]Target{failing, good})
		stop()
		ctx, cancel := context.WithTimeout(t.Context(), 150*time.Second)
		defer cancel()
		begin := time.Now()
		go func() {
			<-c.Changed()
			if got := time.Since(begin); got > time.Minute {
				t.Errorf("down after %v, want by the second heartbeat: two had failed before", got)
			}
		}()
		if err := c.Run(ctx); err != context.DeadlineExceeded {
			t.Errorf("Run: got %v, want %v", err, context.DeadlineExceeded)
		}
		if got := c.State(failing); got != Down {
			t.Errorf("got %v, want %v", got, Down)
		}
		if got := log.lines(""); len(got) != 1 {
			t.Errorf("log: got %q, want one line of the failing one", got)
		}
	})
}
