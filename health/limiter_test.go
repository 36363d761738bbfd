package health

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestLimiterIsSharedAndLatenessShows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex // guards following
		var now, most int
		probe := probeFunc(func(ctx context.Context, _ netip.AddrPort) error {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			err := hang(ctx)
			mu.Lock()
			now--
			mu.Unlock()
			return err
		})
		limiter := NewLimiter(MaxInFlight)
		one, logOne, stopOne := started(t, Options{Probe: probe, Limiter: limiter})
		two, logTwo, stopTwo := started(t, Options{Probe: probe, Limiter: limiter})
		one.Follow(targets(500))
		two.Follow(targets(900)[500:])
		synctest.Wait()
		if got := limiter.InFlight(); got != 256 {
			t.Errorf("in flight: got %d, want 256", got)
		}
		if got := limiter.Late(); got != 0 {
			t.Errorf("late at the start: got %d, want 0", got)
		}
		// 900 time-outs of 1 s take four rounds of 256: the last 132 have waited 3 s, more than the interval.
		time.Sleep(3500 * time.Millisecond)
		if got := limiter.Late(); got < 132 || got > 256 {
			t.Errorf("late after four rounds: got %d, want about 132", got)
		}
		time.Sleep(26 * time.Second)
		stopOne()
		stopTwo()
		if got := most; got != 256 {
			t.Errorf("most at once: got %d, want 256", got)
		}
		for i, target := range targets(900) {
			checker := one
			if i >= 500 {
				checker = two
			}
			if got := checker.State(target); got != Down {
				t.Fatalf("target %d: got %v, want %v", i, got, Down)
			}
		}
		warnings := append(logOne.lines("heartbeats are late"), logTwo.lines("heartbeats are late")...)
		if got := len(warnings); got < 1 || got > 3 {
			t.Errorf("warnings in 30 s: got %q, want one per 10 s", warnings)
		}
		if got := limiter.InFlight(); got != 0 {
			t.Errorf("in flight at the end: got %d, want 0", got)
		}
	})
}

// A target that waits for its slot ends as promptly as any other, and takes none.
func TestWaitingForASlotEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		book := newDiary()
		book.answer = func(ctx context.Context, _ netip.AddrPort) error { return hang(ctx) }
		limiter := NewLimiter(1)
		c, _, stop := started(t, Options{Probe: book, Limiter: limiter, Interval: time.Minute, Timeout: 59 * time.Second})
		c.Follow(targets(1))
		synctest.Wait()
		c.Follow(targets(2))
		synctest.Wait()
		c.Follow(targets(1))
		time.Sleep(59*time.Second + time.Millisecond)
		if got := book.to(target(1)); got != nil {
			t.Errorf("heartbeats to the one that waited and went: got %v, want none", got)
		}
		stop()
		if got := limiter.InFlight(); got != 0 {
			t.Errorf("in flight at the end: got %d, want 0", got)
		}
	})
}
