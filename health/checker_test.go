package health

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// hang answers when it is given up.
func hang(ctx context.Context) error {
	<-ctx.Done()
	return fmt.Errorf("read: %w", ctx.Err())
}

// A backend may die at any moment and in the most unfortunate way: by not answering at all.
func TestDeathIsNoticedInTime(t *testing.T) {
	const interval, timeout, fall = 2 * time.Second, 1900 * time.Millisecond, 3
	random := rand.New(rand.NewPCG(7, 11))
	for range 300 {
		death := time.Duration(random.Int64N(int64(3 * interval)))
		answerTime := time.Duration(random.Int64N(int64(timeout)))
		one := target(random.IntN(1000))
		synctest.Test(t, func(t *testing.T) {
			begin := time.Now()
			c, _, _ := started(t, Options{Interval: interval, Timeout: timeout, Fall: fall, Probe: probeFunc(
				func(ctx context.Context, _ netip.AddrPort) error {
					select {
					case <-time.After(answerTime):
					case <-ctx.Done():
						return hang(ctx)
					}
					if time.Since(begin) >= death {
						return hang(ctx)
					}
					return nil
				})})
			c.Follow([]Target{one})
			for c.State(one) != Down {
				await(t, c)
			}
			if got, limit := time.Since(begin)-death, fall*interval+timeout; got > limit {
				t.Errorf("dead at %v, answers take %v: noticed after %v, want at most %v", death, answerTime, got, limit)
			}
		})
	}
}

func TestTimeoutEndsAHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, book, _ := started(t, Options{Timeout: 900 * time.Millisecond, Probe: probeFunc(
			func(ctx context.Context, _ netip.AddrPort) error { return hang(ctx) })})
		begin := time.Now()
		c.Follow(targets(1))
		await(t, c)
		if got := time.Since(begin); got != 900*time.Millisecond {
			t.Errorf("verdict after %v, want exactly the time-out", got)
		}
		if got := c.State(target(0)); got != Down {
			t.Errorf("state: got %v, want %v", got, Down)
		}
		want := []string{`[INFO]  backend down: service=web backend=node-10.0.0.0/web address=10.0.0.0:8080 reason="timed out after 900ms"`}
		if diff := cmp.Diff(want, book.lines("backend")); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
	})
}

// script is a probe that gives one answer after the other, the last for ever.
func script(answers ...error) Probe {
	var next atomic.Int32
	return probeFunc(func(context.Context, netip.AddrPort) error {
		return answers[min(int(next.Add(1)), len(answers))-1]
	})
}

var errRefused = explain(syscall.ECONNREFUSED)

func TestVerdictsAndTheirLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, book, stop := started(t, Options{Rise: 2, Fall: 3, Probe: script(
			nil, errRefused, errRefused, errRefused, errRefused, nil, nil, nil)})
		c.Follow(targets(1))
		var got []State
		for range 3 {
			await(t, c)
			got = append(got, c.State(target(0)))
		}
		time.Sleep(time.Minute)
		stop()
		select {
		case <-c.Changed():
			t.Errorf("signalled without a change")
		default:
		}
		if diff := cmp.Diff([]State{Up, Down, Up}, got); diff != "" {
			t.Errorf("states (-want +got):\n%s", diff)
		}
		const about = `service=web backend=node-10.0.0.0/web address=10.0.0.0:8080 reason=`
		want := []string{
			`[INFO]  backend up: ` + about + `"heartbeat good"`,
			`[DEBUG] heartbeat failed: ` + about + `"connection refused"`,
			`[DEBUG] heartbeat failed: ` + about + `"connection refused"`,
			`[INFO]  backend down: ` + about + `"connection refused"`,
			`[DEBUG] heartbeat failed: ` + about + `"connection refused"`,
			`[INFO]  backend up: ` + about + `"heartbeat good"`,
		}
		if diff := cmp.Diff(want, book.lines("")); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
	})
}

func TestTroubleOfOurOwnIsNotCounted(t *testing.T) {
	trouble := []error{
		syscall.EMFILE, syscall.ENFILE, syscall.EADDRNOTAVAIL, syscall.ENOBUFS, syscall.ENOMEM, context.Canceled,
	}
	for _, own := range trouble {
		t.Run(own.Error(), func(t *testing.T) {
			own := explain(fmt.Errorf("dial: %w", own))
			synctest.Test(t, func(t *testing.T) {
				c, book, _ := started(t, Options{Rise: 2, Fall: 2, Probe: script(
					own, own, nil, // unproven until the third
					errRefused, own, own, errRefused, // two in a row go down
					nil, own, nil)}) // two in a row come up
				c.Follow(targets(1))
				begin := time.Now()
				var heartbeats []int // since the first one after the start
				for range 3 {
					await(t, c)
					heartbeats = append(heartbeats, int((time.Since(begin)+2*time.Second-1)/(2*time.Second)))
				}
				if diff := cmp.Diff([]int{2, 6, 9}, heartbeats); diff != "" {
					t.Errorf("heartbeats before each verdict (-want +got):\n%s", diff)
				}
				// Trouble came at once, within 4 s, and about 8, 10 and 16 s from the start: two warnings 10 s apart.
				if got := book.lines("not counted"); len(got) != 2 {
					t.Errorf("warnings: got %q, want 2", got)
				}
			})
		})
	}
}

func TestPortOfTheHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one := Target{Name: "n1/web", Addr: netip.MustParseAddrPort("[2001:db8::7]:8080")}
		var asked atomic.Value
		c, book, _ := started(t, Options{Port: 9090, Probe: probeFunc(func(_ context.Context, addr netip.AddrPort) error {
			asked.Store(addr)
			return errors.New("no")
		})})
		c.Follow([]Target{one})
		await(t, c)
		if got, want := asked.Load(), netip.MustParseAddrPort("[2001:db8::7]:9090"); got != want {
			t.Errorf("heartbeat went to %v, want %v", got, want)
		}
		if got := c.State(one); got != Down {
			t.Errorf("state under the traffic address: got %v, want %v", got, Down)
		}
		want := []string{`[INFO]  backend down: service=web backend=n1/web address=[2001:db8::7]:8080 probed=[2001:db8::7]:9090 reason=no`}
		if diff := cmp.Diff(want, book.lines("")); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
	})
}

func TestRunJoinsHeartbeatsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var inFlight atomic.Int32
		c, book, stop := started(t, Options{Probe: probeFunc(func(ctx context.Context, _ netip.AddrPort) error {
			inFlight.Add(1)
			defer inFlight.Add(-1)
			<-ctx.Done()
			time.Sleep(50 * time.Millisecond) // the time it takes to close
			return ctx.Err()
		})})
		c.Follow(targets(70))
		synctest.Wait()
		if got := inFlight.Load(); got != 70 {
			t.Fatalf("in flight: got %d, want 70", got)
		}
		stop()
		if got := inFlight.Load(); got != 0 {
			t.Errorf("in flight after Run has returned: got %d, want 0", got)
		}
		if got := c.State(target(5)); got != Unproven {
			t.Errorf("state after a cancelled heartbeat: got %v, want %v", got, Unproven)
		}
		if got := book.lines(""); len(got) != 0 {
			t.Errorf("log: got %q, want nothing", got)
		}
	})
}
