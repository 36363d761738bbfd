package proxy

import (
	"net"
	"sync/atomic"
	"time"

	"weir/balance"
)

// A session is one client joined to one backend. It has no goroutine of its
// own at rest beyond its two flows; whoever ends last cleans up.
type session struct {
	listener *Listener
	began    time.Time
	client   *net.TCPConn
	server   *net.TCPConn // to the backend; set before the flows start
	backend  *balance.Backend

	up, down flow                      // client to backend, backend to client
	running  atomic.Int32              // flows not ended
	end      atomic.Pointer[EndReason] // set once
}

// relay starts both flows, on fresh and so small stacks.
func (c *session) relay() {
	c.running.Store(2)
	c.up.init(c, c.client, c.server)
	c.down.init(c, c.server, c.client)
	go c.up.run()
	go c.down.run()
}

// lost names the end of a session that one of its sides left without a word.
func (c *session) lost(side *net.TCPConn) EndReason {
	if side == c.client {
		return endClientReset
	}
	return endBackendReset
}

// because notes why the session ends; the first reason stands.
func (c *session) because(r EndReason) { c.end.CompareAndSwap(nil, &r) }

// abort resets both sides at once. Anyone may call it at any time.
func (c *session) abort(r EndReason) {
	c.because(r)
	reset(c.client)
	if c.running.Load() > 0 { // else the server side is still being set, or already closed
		reset(c.server)
	}
}

// flowEnded is called by each flow; the last one closes.
func (c *session) flowEnded() {
	if c.running.Add(-1) > 0 {
		return
	}
	if c.end.Load() != nil {
		reset(c.client)
		reset(c.server)
	} else {
		c.because(endComplete)
		c.client.Close()
		c.server.Close()
	}
	c.backend.Active.Add(-1)
	c.finish()
}

// finish is the last thing that happens in a session.
func (c *session) finish() {
	if log := c.listener.log; log.IsDebug() {
		backend := ""
		if c.backend != nil {
			backend = c.backend.Name()
		}
		log.Debug("connection finished",
			"client", c.client.RemoteAddr().String(), // as JSON too, like the duration
			"instance", backend,
			"bytes_up", c.up.moved,
			"bytes_down", c.down.moved,
			"duration", time.Since(c.began).Round(time.Microsecond).String(),
			"end", *c.end.Load())
	}
	c.listener.server.untrack(c)
}

// reset closes so that the peer sees a reset, not an end.
func reset(conn *net.TCPConn) {
	conn.SetLinger(0)
	conn.Close()
}
