//go:build linux && (amd64 || arm64)

package loop

import (
	"weir/proxy/session"
)

// lookAgain is how often it is looked whether the last bytes have arrived, in ticks.
const lookAgain = 2

// lose begins the end of a session of which one side was reset or is gone. What that
// side sent before is still delivered, then the other one is reset too.
func (l *loop) lose(at *side) {
	c := at.conn
	if at.lost {
		return
	}
	at.lost = true
	last := &c.up // what it has sent
	if at == &c.client {
		c.because(session.ClientReset)
		l.release(&c.down)
	} else {
		c.because(session.BackendReset)
		l.release(&c.up)
		last = &c.down
	}
	if c.client.lost && c.server.lost {
		l.abort(c)
		return
	}
	c.state = losing
	c.until = l.clock + int64(session.LastBytes/tick)
	l.set(&c.timer, lookAgain*tick)
	at.readable = !last.ended
	l.pump(last)
}

// bury resets both sides once the one that is left has all that the other sent, or has
// had its time.
func (l *loop) bury(c *conn) {
	last, left := &c.up, &c.server
	if c.server.lost {
		last, left = &c.down, &c.client
	}
	delivered := last.ended && len(last.rest) == 0 && last.piped == 0 && unacknowledged(left.fd) == 0
	if delivered || l.clock >= c.until {
		l.abort(c)
		return
	}
	l.set(&c.timer, lookAgain*tick)
}
