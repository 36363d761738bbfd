package health

import (
	"context"
	"net/netip"
	"time"
)

// watch is one target as long as it is followed. When it goes and comes back, that is another watch.
type watch struct {
	target Target
	kicks  chan struct{} // cap 1: somebody wants a heartbeat at once

	// Guarded by the checker's mu.
	round  uint64 // of the last Follow that named it
	streak Streak
	cancel context.CancelFunc // ends its goroutine; nil until that is started
}

// watch sends the heartbeats of one target until ctx ends.
func (c *Checker) watch(ctx context.Context, w *watch, grid schedule) {
	var kicked time.Time // when the last kick was obeyed
	due := time.Now()    // the first one at once
	for ctx.Err() == nil {
		c.beat(ctx, w, due)
		due = grid.next(due, time.Now())
		for wait := time.Until(due); wait > 0; wait = time.Until(due) {
			select {
			case <-ctx.Done():
				return
			case <-time.After(wait):
			case <-w.kicks:
				if now := time.Now(); now.Sub(kicked) >= c.opts.Interval/10 {
					kicked = now
					c.beat(ctx, w, now)
				}
			}
		}
	}
}

// beat sends one heartbeat and takes its result.
func (c *Checker) beat(ctx context.Context, w *watch, due time.Time) {
	err := c.ask(ctx, w.target, due)
	switch {
	case ctx.Err() != nil:
		return // broken off, or too late to matter
	case ours(err):
		c.reportOwn(w.target, err)
		return
	}
	switch changed, followed := c.observe(w, err == nil); {
	case !followed:
	case changed:
		c.reportChange(w.target, err)
		signal(c.changed)
	default:
		c.reportRepeat(w.target, err)
	}
}

// ask probes t as soon as there is a slot. The time-out doesn't include the wait for that.
func (c *Checker) ask(ctx context.Context, t Target, due time.Time) error {
	if !c.opts.Limiter.acquire(ctx) {
		return ctx.Err()
	}
	defer c.opts.Limiter.release()
	if late := time.Since(due); late > c.opts.Interval {
		c.reportLate(late)
	}
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	return c.opts.Probe.Probe(ctx, c.address(t))
}

// address returns where t's heartbeats go.
func (c *Checker) address(t Target) netip.AddrPort {
	if c.opts.Port == 0 {
		return t.Addr
	}
	return netip.AddrPortFrom(t.Addr.Addr(), uint16(c.opts.Port))
}

// observe takes one result into the verdict on w, and reports whether that is a new one, unless w is no longer followed.
func (c *Checker) observe(w *watch, ok bool) (changed, followed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.watches[w.target] != w {
		return false, false
	}
	_, changed = w.streak.Observe(ok)
	return changed, true
}
