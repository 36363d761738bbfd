package health

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// MaxInFlight is the number of heartbeats that a process may have in flight: well below the usual limit of 1,024
// descriptors, and with time-outs of a second still 256 dead backends asked per second.
const MaxInFlight = 256

// warnEvery is the shortest time between two warnings of the same kind.
const warnEvery = 10 * time.Second

// Limiter bounds the heartbeats in flight. One is shared by all checkers of a process.
type Limiter struct {
	slots chan struct{} // a heartbeat holds one of them from before its connect until its connection is closed; first come, first served
	late  atomic.Uint64

	lateWarning rate.Sometimes // for all checkers together
}

// NewLimiter returns a limiter that lets n heartbeats be in flight; a process uses [MaxInFlight].
func NewLimiter(n int) *Limiter {
	return &Limiter{
		slots:       make(chan struct{}, n),
		lateWarning: rate.Sometimes{Interval: warnEvery},
	}
}

// InFlight returns the number of heartbeats in flight.
func (l *Limiter) InFlight() int { return len(l.slots) }

// Late returns how many heartbeats have started more than one interval after they were due.
func (l *Limiter) Late() uint64 { return l.late.Load() }

// acquire waits for a slot and reports whether it got one; without one, ctx has ended.
func (l *Limiter) acquire(ctx context.Context) bool {
	select {
	case l.slots <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (l *Limiter) release() { <-l.slots }
