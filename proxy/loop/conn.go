//go:build linux && (amd64 || arm64)

package loop

import (
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"weir/balance"
	"weir/proxy/session"
)

// A conn is a session in its loop: a client on its way to a backend, or joined to one.
type conn struct {
	born           uint32 // tells its events from older ones of the same descriptors; 0 when it has ended
	state          state
	failure        uint16 // errno of the last try; 0: none
	client, server side
	up, down       flow // client to backend, backend to client

	front    *session.Front
	service  *session.Service
	settings *session.Settings
	addr     netip.AddrPort    // the client's; zero of a unix socket
	began    time.Duration     // since the loop began
	reason   session.EndReason // why it ends; set once
	backend  *balance.Backend  // once joined
	tries    session.Tries

	timer  timer // runs out when the first of these is over, or earlier
	until  int64 // the tick at which what state waits for is over
	over   int64 // the tick at which it has lived as long as it may
	active int64 // the tick at which a byte moved last, or an end came
}

type state uint8

const (
	connecting state = iota // until this try is given up
	pausing                 // until the next try
	joined                  // until keep-alive is set on the backend's side
	losing                  // one side is lost; until the other is reset as well, though it has not all that was sent
)

// A side is one of a session's two sockets.
type side struct {
	conn *conn
	fd   int32 // -1 if there is none

	readable bool // there may be bytes, an end or an error to read
	ending   bool // its end has arrived: nothing comes after what can be read now
	urgent   bool // urgent data came: a short read need not mean that all is read
	lost     bool // reset, or gone without a word
	blocked  bool // the last write found no room; an event will tell of some
	known    bool // it is registered
	watched  bool // with EPOLLOUT
	wrote    bool // something, so that Nagle's algorithm may hold back the next
	prompt   bool // TCP_NODELAY is set
}

// begin takes up a client.
func (l *loop) begin(a arrival) {
	var c *conn
	if n := len(l.spare); n > 0 {
		c, l.spare = l.spare[n-1], l.spare[:n-1]
	} else {
		c = new(conn)
	}
	if l.born++; l.born == 0 {
		l.born++
	}
	*c = conn{
		born:     l.born,
		front:    a.front,
		service:  a.front.Service(),
		settings: a.settings,
		addr:     a.addr,
		began:    time.Since(l.began),
		until:    never,
		over:     l.endOfLife(a.settings.MaxLifetime),
	}
	c.client = side{conn: c, fd: a.fd, prompt: true}
	c.server = side{conn: c, fd: -1}
	c.up = flow{src: &c.client, dst: &c.server}
	c.down = flow{src: &c.server, dst: &c.client}
	c.timer.owner = c
	l.add(&c.client)
	if l.cutting != "" {
		l.abortFor(c, l.cutting)
		return
	}
	l.firstTry(c)
}

// happened deals with a side's events.
func (l *loop) happened(at *side, events uint32) {
	c := at.conn
	if c.state < joined && !l.early(at, events) {
		return
	}
	if events&unix.EPOLLOUT != 0 {
		at.blocked = false
	}
	if events&^unix.EPOLLOUT != 0 {
		at.readable = true
		at.urgent = at.urgent || events&unix.EPOLLPRI != 0
		if !at.ending && events&(unix.EPOLLRDHUP|unix.EPOLLHUP) != 0 {
			l.endCame(at)
		}
	}
	from, into := &c.up, &c.down
	if at == &c.server {
		from, into = into, from
	}
	if events&unix.EPOLLERR != 0 {
		l.lose(at)
	} else if at.readable {
		l.turn(from)
	}
	if events&unix.EPOLLOUT != 0 && c.born != 0 {
		l.turn(into)
	}
}

// early deals with events before the session is joined to a backend. It reports whether
// it is now: then they may tell of more.
func (l *loop) early(at *side, events uint32) bool {
	c := at.conn
	if at == &c.server {
		return l.connectDone(c, events)
	}
	if events&unix.EPOLLERR != 0 {
		l.abortFor(c, session.ClientReset) // nobody is left to connect for
		return false
	}
	at.readable = true
	at.ending = at.ending || events&(unix.EPOLLRDHUP|unix.EPOLLHUP) != 0
	at.urgent = at.urgent || events&unix.EPOLLPRI != 0
	return false
}

// endCame notes that a side's end has arrived, perhaps behind bytes that the other one
// doesn't take.
func (l *loop) endCame(at *side) {
	at.ending = true
	c := at.conn
	c.active = l.clock
	if c.state == joined {
		l.arm(c)
	}
}

// because notes why the session ends; the first reason stands.
func (c *conn) because(r session.EndReason) {
	if c.reason == "" {
		c.reason = r
	}
}

// abortFor resets both sides, for that reason unless there is one.
func (l *loop) abortFor(c *conn, r session.EndReason) {
	c.because(r)
	l.abort(c)
}

// complete closes a session whose both halves have ended.
func (l *loop) complete(c *conn) {
	c.because(session.Complete)
	closeFD(c.client.fd)
	closeFD(c.server.fd)
	l.end(c)
}

// abort resets what there is of both sides.
func (l *loop) abort(c *conn) {
	resetSocket(c.client.fd)
	if c.server.fd >= 0 {
		resetSocket(c.server.fd)
	}
	l.end(c)
}

// end forgets a session whose sockets are closed.
func (l *loop) end(c *conn) {
	l.wheel.stop(&c.timer)
	l.sides[c.client.fd] = nil
	if c.server.fd >= 0 {
		l.sides[c.server.fd] = nil
	}
	l.release(&c.up)
	l.release(&c.down)
	if c.backend != nil {
		session.Leave(c.backend)
	} else {
		c.tries.Stopped()
	}
	if c.front.Watched() {
		e := session.End{
			Service: c.service.Name,
			Client:  c.addr,
			Up:      max(c.up.moved, 0), // of a header not all may have been written
			Down:    c.down.moved,
			Began:   l.began.Add(c.began),
			Reason:  c.reason,
		}
		if c.backend != nil {
			e.Backend = c.backend.Name()
		}
		c.front.Ended(e)
	}
	c.front.Leave(c.addr, c.settings)
	c.born = 0 // events of its descriptors in hand are no longer its
	if !c.up.passed {
		l.open.Add(-1)
	}
	l.ended.Add(1)
	l.live.Add(-1)
	if len(l.spare) < maxSpare {
		l.spare = append(l.spare, c)
	}
}

// maxSpare bounds the sessions kept for reuse.
const maxSpare = 256
