//go:build linux && (amd64 || arm64)

package loop

import (
	"math/rand/v2"
	"testing"
	"time"
)

// A waiter notes when its timer ran out.
type waiter struct {
	timer   timer
	set     bool
	due     int64 // the earliest tick at which it may run out
	again   time.Duration
	expired func(*waiter)
}

func (w *waiter) expire(*loop) { w.expired(w) }

// Whatever is set, set again and stopped: each timer runs out once, at its time, and
// next never lets one be slept through.
func FuzzWheel(f *testing.F) {
	for seed := range uint64(40) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 1))
		w := newWheel()
		waiters := make([]*waiter, 1+r.IntN(60))
		set := func(x *waiter, d time.Duration) {
			w.set(&x.timer, d)
			x.set = true
			x.due = w.clock + int64((d+tick-1)/tick)
		}
		expired := func(x *waiter) {
			switch {
			case !x.set:
				t.Fatalf("a timer ran out that was not set")
			case w.clock < x.due:
				t.Fatalf("a timer ran out at %d, before %d", w.clock, x.due)
			}
			x.set = false
			if x.again > 0 { // in its own slot, or a turn later
				set(x, x.again)
				x.again = 0
			}
		}
		for i := range waiters {
			waiters[i] = &waiter{expired: expired}
			waiters[i].timer.owner = waiters[i]
		}
		for range 300 {
			x := waiters[r.IntN(len(waiters))]
			switch r.IntN(6) {
			case 0, 1:
				set(x, time.Duration(r.Int64N(int64(3*wheelSlots*tick))))
			case 5: // turns away, or more than all turns
				set(x, time.Duration(r.Int64N(int64(5*wheelSlots/2*wheelSlots*tick))))
			case 2:
				set(x, time.Duration(r.Int64N(int64(10*tick))))
				x.again = time.Duration(r.IntN(2)) * wheelSlots * tick
			case 3:
				w.stop(&x.timer)
				x.set = false
			case 4: // sleep as long as next allows, or less, or too long
				step := w.next()
				if step == 0 || r.IntN(3) == 0 {
					step = r.Int64N(2 * wheelSlots)
				}
				if r.IntN(8) == 0 {
					step = r.Int64N(2 * wheelSlots * wheelSlots)
				}
				w.clock = w.now + max(step, w.clock-w.now)
				w.advance(nil)
				for _, x := range waiters {
					if x.set && x.due+1 < w.clock {
						t.Fatalf("at %d a timer hasn't run out that was due at %d", w.clock, x.due)
					}
				}
			}
			next, earliest := w.next(), int64(0)
			for _, x := range waiters {
				if x.set && (earliest == 0 || x.timer.at < earliest) {
					earliest = x.timer.at
				}
			}
			if earliest > 0 && (next == 0 || w.now+next > earliest) {
				t.Fatalf("next: got %d ticks after %d, but a timer runs out at %d", next, w.now, earliest)
			}
		}
	})
}

func TestWheelWithoutTimers(t *testing.T) {
	w := newWheel()
	if got := w.next(); got != 0 {
		t.Errorf("got %d ticks to the next timer, want none", got)
	}
	var x waiter
	w.set(&x.timer, time.Second)
	w.stop(&x.timer)
	w.stop(&x.timer)
	if got := w.next(); got != 0 {
		t.Errorf("got %d ticks to a timer that was stopped, want none", got)
	}
}
