package health

import (
	"context"
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"
)

func TestFollowKeepsTheStateOfThoseThatStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dead := target(3)
		book := newDiary()
		book.answer = func(_ context.Context, addr netip.AddrPort) error {
			time.Sleep(30 * time.Millisecond)
			if addr == dead.Addr {
				return errRefused
			}
			return nil
		}
		c, log, _ := started(t, Options{Probe: book})
		c.Follow([]Target{target(1), target(2), dead})
		time.Sleep(5 * time.Second)
		sent := len(book.to(dead))

		moved := Target{Name: target(1).Name, Addr: netip.MustParseAddrPort("10.9.9.9:8081")}
		c.Follow([]Target{dead, moved, target(2), target(4)})
		for _, test := range []struct {
			about  string
			target Target
			want   State
		}{
			{"stayed, up", target(2), Up},
			{"stayed, down", dead, Down},
			{"new", target(4), Unproven},
			{"same name, new address", moved, Unproven},
			{"its old address", target(1), Unproven},
			{"never followed", target(5), Unproven},
		} {
			if got := c.State(test.target); got != test.want {
				t.Errorf("%s: got %v, want %v", test.about, got, test.want)
			}
		}
		time.Sleep(40 * time.Millisecond)
		if got := c.State(moved); got != Up {
			t.Errorf("new address after its first heartbeat: got %v, want %v", got, Up)
		}
		if got := len(book.to(dead)); got != sent {
			t.Errorf("heartbeats to the one that stayed: got %d, want %d as before", got, sent)
		}
		old := len(book.to(target(1)))
		time.Sleep(10 * time.Second)
		if got := len(book.to(target(1))); got != old {
			t.Errorf("heartbeats to the old address: got %d, want %d as before", got, old)
		}
		if got := log.lines("backend down"); len(got) != 1 {
			t.Errorf("log: got %q, want one line of the dead one", got)
		}
	})
}

// What is no longer followed is told nothing about, even if a probe is slow to notice; and its return is a new beginning.
func TestNoVerdictOnWhatIsNoLongerFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls, ended atomic.Int32
		c, log, stop := started(t, Options{Probe: probeFunc(func(ctx context.Context, _ netip.AddrPort) error {
			if calls.Add(1) > 1 {
				return errRefused
			}
			<-ctx.Done()
			ended.Add(1)
			time.Sleep(100 * time.Millisecond)
			return nil // a good answer, too late
		})})
		c.Follow(targets(1))
		synctest.Wait()
		begin := time.Now()
		c.Follow(nil)
		synctest.Wait()
		if ended.Load() != 1 || time.Since(begin) != 0 {
			t.Errorf("heartbeats cancelled: got %d after %v, want 1 at once", ended.Load(), time.Since(begin))
		}
		c.Follow(targets(1)) // back before the old heartbeat has returned
		time.Sleep(time.Second)
		if got := c.State(target(0)); got != Down {
			t.Errorf("state after the return: got %v, want %v", got, Down)
		}
		stop()
		if got := log.lines("backend up"); len(got) != 0 {
			t.Errorf("log: got %q, want no such line", got)
		}
	})
}

// The narrow case of the above: the result is in, and the target goes before the verdict is out.
func TestResultAfterTheEnd(t *testing.T) {
	c := NewChecker(Options{Logger: hclog.NewNullLogger()})
	c.Follow(targets(1))
	old := c.watches[target(0)]
	c.Follow(nil)
	if _, followed := c.observe(old, true); followed {
		t.Errorf("a result was taken of a target that is not followed")
	}
	c.Follow(targets(1))
	if _, followed := c.observe(old, true); followed || c.State(target(0)) != Unproven {
		t.Errorf("a result of its former life was taken of a target that has returned")
	}
	if changed, followed := c.observe(c.watches[target(0)], false); !changed || !followed || c.State(target(0)) != Down {
		t.Errorf("a result of a followed target was not taken")
	}
}

func TestFollowBeforeRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		book := newDiary()
		c := NewChecker(Options{
			Probe: book, Interval: time.Second, Timeout: time.Second / 2, Rise: 1, Fall: 1,
			Limiter: NewLimiter(1), Logger: hclog.NewNullLogger(),
		})
		c.Follow([]Target{target(1), target(2)})
		c.Follow([]Target{target(2), target(3)})
		time.Sleep(time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := c.Run(ctx); err != context.DeadlineExceeded {
			t.Errorf("Run: got %v, want %v", err, context.DeadlineExceeded)
		}
		for i, want := range map[int]int{1: 0, 2: 11, 3: 11} {
			if got := len(book.to(target(i))); got != want {
				t.Errorf("heartbeats to target %d: got %d, want %d", i, got, want)
			}
		}
		if got, want := book.to(target(2))[0], time.Minute; got != want {
			t.Errorf("first heartbeat at %v, want %v", got, want)
		}
		c.Follow([]Target{target(4)}) // after Run: starts nothing, and the leak check agrees
		c.Kick(target(4))
	})
}

func TestFollowingTheSameCostsNothing(t *testing.T) {
	c := NewChecker(Options{Logger: hclog.NewNullLogger()})
	all := targets(10_000)
	c.Follow(all)
	if got := testing.AllocsPerRun(20, func() { c.Follow(all) }); got != 0 {
		t.Errorf("allocations: got %v, want 0", got)
	}
	all[7] = target(20_000) // the caller's slice is its own again
	if got := c.State(target(20_000)); got != Unproven {
		t.Errorf("state: got %v, want %v", got, Unproven)
	}
	c.Follow(all)
	if c.watches[target(20_000)] == nil || c.watches[target(7)] != nil || len(c.watches) != 10_000 {
		t.Errorf("a change of one target was not taken")
	}
}

func BenchmarkFollow(b *testing.B) {
	all := targets(10_000)
	other := append([]Target{target(20_000)}, all[1:]...)
	for _, bench := range []struct {
		name string
		sets [2][]Target
	}{{"unchanged", [2][]Target{all, all}}, {"one of 10000", [2][]Target{all, other}}} {
		b.Run(bench.name, func(b *testing.B) {
			c := NewChecker(Options{Logger: hclog.NewNullLogger()})
			c.Follow(all)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				c.Follow(bench.sets[i%2])
				c.newcomers = nil
			}
		})
	}
}
