package goroutine

import (
	"context"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"weir/proxy/session"
)

// A clock ends a session whose time is over. It is one timer at most, set to what is over
// first and not moved for a byte: those only note the time, and when the timer runs out it
// is set anew to what is left. A session at rest that waits for nothing has none.
//
// All times are since the relay began.
type clock struct {
	noting atomic.Bool  // bytes note the time
	active atomic.Int64 // when one moved last, or an end came

	mu      sync.Mutex // guards following; held for no wait
	timer   *time.Timer
	over    time.Duration      // when it has lived as long as it may
	giveUp  context.CancelFunc // ends the step under way to a backend
	joined  bool
	half    bool  // one side has ended
	doubt   int64 // active, when it first seemed to be silent for too long
	stopped bool
}

const (
	// never is a time that doesn't come.
	never = time.Duration(math.MaxInt64)
	// secondLook is how long a session goes on that seems silent: after a stall of our
	// own there may be bytes that nobody has been told of yet.
	secondLook = 10 * time.Millisecond
)

// endOfLife is when a session that begins now has lived as long as it may. Sessions that
// began together don't end together, to come back together.
func (r *Relay) endOfLife(most time.Duration) time.Duration {
	if most <= 0 {
		return never
	}
	return r.now() + most - rand.N(most/10+1)
}

// note tells the clock of bytes that moved.
func (p *pair) note() {
	if p.clock.noting.Load() {
		p.clock.active.Store(int64(p.relay.now()))
	}
}

// startClock has the clock look after the client until it is joined to a backend.
func (p *pair) startClock() {
	c := &p.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = p.relay.endOfLife(p.settings.MaxLifetime)
	c.doubt = -1
	p.setLocked(p.dueLocked())
}

// step is given what ends the next step on the way to a backend. The one before is over.
func (c *clock) step(giveUp context.CancelFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.giveUp != nil {
		c.giveUp()
	}
	c.giveUp = giveUp
}

// joined has the clock look after the bytes from now on.
func (p *pair) joined() {
	p.clock.step(nil)
	c := &p.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	c.joined = true
	if p.settings.IdleTimeout > 0 {
		c.active.Store(int64(p.relay.now()))
		c.noting.Store(true)
	}
	p.setLocked(p.dueLocked())
}

// halved says that one side has ended.
func (p *pair) halved() {
	c := &p.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	c.half = true
	c.active.Store(int64(p.relay.now()))
	c.noting.Store(p.settings.IdleTimeout > 0 || p.settings.HalfCloseTimeout > 0)
	p.setLocked(p.dueLocked())
}

// dueLocked is when the first of all that the session waits for is over.
func (p *pair) dueLocked() time.Duration {
	c := &p.clock
	if !c.joined {
		return min(c.over, p.relay.now()+lookAfter)
	}
	silence, _ := p.silenceLocked()
	return min(c.over, silence)
}

// silenceLocked is when the session ends, and why, unless a byte moves before. Both limits
// count from the last byte that a side took, or the last end that came.
func (p *pair) silenceLocked() (at time.Duration, r session.EndReason) {
	c, active := &p.clock, time.Duration(p.clock.active.Load())
	at = never
	if d := p.settings.IdleTimeout; d > 0 {
		at, r = active+d, session.IdleTimeout
	}
	if d := p.settings.HalfCloseTimeout; d > 0 && c.half && active+d < at {
		at, r = active+d, session.HalfClosed
	}
	return at, r
}

// setLocked has the timer run out then. Each time that it will is one of the relay's
// goroutines.
func (p *pair) setLocked(at time.Duration) {
	c := &p.clock
	switch {
	case c.stopped:
	case at == never:
		p.unsetLocked()
	case c.timer == nil:
		p.relay.running.Add(1)
		c.timer = time.AfterFunc(at-p.relay.now(), p.tick)
	case !c.timer.Reset(at - p.relay.now()):
		p.relay.running.Add(1)
	}
}

func (p *pair) unsetLocked() {
	c := &p.clock
	if c.timer != nil && c.timer.Stop() {
		p.relay.running.Done()
	}
	c.timer = nil
}

// tick runs when the timer does.
func (p *pair) tick() {
	defer p.relay.running.Done()
	if r := p.review(); r != "" {
		p.abort(r)
	}
}

// review returns why the session is to end now. If it isn't, the timer is set anew.
func (p *pair) review() session.EndReason {
	c := &p.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return ""
	}
	now := p.relay.now()
	if now >= c.over {
		return session.MaxLifetime
	}
	if !c.joined {
		if isFailed(p.client) {
			return session.ClientReset
		}
		p.setLocked(p.dueLocked())
		return ""
	}
	if at, r := p.silenceLocked(); now >= at {
		if active := c.active.Load(); c.doubt != active {
			c.doubt = active
			p.setLocked(min(c.over, now+secondLook))
			return ""
		}
		return r
	}
	p.setLocked(p.dueLocked())
	return ""
}

// stopClock has nothing run any more, but what runs already.
func (p *pair) stopClock() {
	p.clock.step(nil)
	p.clock.mu.Lock()
	defer p.clock.mu.Unlock()
	p.clock.stopped = true
	p.unsetLocked()
}

// isFailed reports whether a side was reset.
func isFailed(c conn) (failed bool) {
	if raw, err := c.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) { failed, _, _ = condition(fd) })
	}
	return failed
}
