//go:build linux && (amd64 || arm64)

package loop

import (
	"math"
	"math/rand/v2"
	"time"

	"golang.org/x/sys/unix"

	"weir/proxy/session"
)

// A session has one timer for all that it waits for. It is set to what is over first,
// and never moved for a byte: those only note the tick, and when the timer runs out it is
// set anew to what is left.

// never is a tick that doesn't come.
const never = math.MaxInt64

// endOfLife is when a session that begins now has lived as long as it may. Sessions that
// began together don't end together, to come back together.
func (l *loop) endOfLife(most time.Duration) int64 {
	if most <= 0 {
		return never
	}
	return l.readClock() + ticks(most-rand.N(most/10+1))
}

// due is the tick at which the first of all that the session waits for is over.
func (c *conn) due() int64 {
	due := min(c.until, c.over)
	if c.state == joined {
		silence, _ := c.silence()
		due = min(due, silence)
	}
	return due
}

// silence is the tick at which the session ends, and why, unless a byte moves before. Both
// limits count from the last byte that a side took, or the last end that came.
func (c *conn) silence() (at int64, r session.EndReason) {
	at = never
	if d := c.settings.IdleTimeout; d > 0 {
		at, r = c.active+ticks(d), session.IdleTimeout
	}
	if d := c.settings.HalfCloseTimeout; d > 0 && (c.client.ending || c.server.ending) {
		if half := c.active + ticks(d); half < at {
			at, r = half, session.HalfClosed
		}
	}
	return at, r
}

// arm sees to it that the timer doesn't run out too late.
func (l *loop) arm(c *conn) {
	if due := c.due(); due < never && (!c.timer.isSet() || due < c.timer.at) {
		l.wheel.setAt(&c.timer, due)
	}
}

// expire deals with what is over, if anything is.
func (c *conn) expire(l *loop) {
	born := c.born
	switch now := l.clock; {
	case c.state == losing:
		l.bury(c)
		return
	case now >= c.over:
		l.abortFor(c, session.MaxLifetime)
		return
	case now >= c.until:
		l.waited(c)
	}
	if c.born == born && c.state == joined {
		l.endSilence(c)
	}
	if c.born == born && c.state != losing {
		l.arm(c)
	}
}

// waited goes on after what the session's state waited for.
func (l *loop) waited(c *conn) {
	c.until = never
	switch c.state {
	case connecting:
		l.connectLate(c)
	case pausing:
		l.resume(c)
	case joined:
		keepAlive(c.server.fd, c.settings.KeepAlive)
	}
}

// endSilence ends a session in which nothing has moved for too long.
func (l *loop) endSilence(c *conn) {
	if at, _ := c.silence(); l.clock < at {
		return
	}
	// After a stall of our own there may be events that haven't been read yet.
	born := c.born
	for _, f := range [...]*flow{&c.up, &c.down} {
		if c.born == born && c.state == joined {
			f.src.readable = !f.ended
			f.dst.blocked = f.dst.blocked && !isReady(f.dst.fd, unix.POLLOUT)
			l.pump(f)
		}
	}
	if c.born != born || c.state != joined {
		return
	}
	if at, r := c.silence(); l.clock >= at {
		l.abortFor(c, r)
	}
}
