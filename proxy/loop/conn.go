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
	client, server side
	up, down       flow // client to backend, backend to client

	front   *session.Front
	service *session.Service
	addr    netip.AddrPort // the client's
	began   time.Time
	reason  session.EndReason // why it ends; set once
	backend *balance.Backend  // once joined
	tries   session.Tries
	err     errno // of the last try

	timer timer // what for depends on state
	until int64 // losing: the tick at which the side that is left is reset as well
}

type state uint8

const (
	connecting state = iota // timer: to give up this try
	pausing                 // before the next try; timer: to make it
	joined                  // timer: to set keep-alive on the backend's side
	losing                  // one side is lost; timer: to look whether the other has all that it sent
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
	watched  bool // it is registered with EPOLLOUT
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
	*c = conn{front: a.front, service: a.front.Service(), addr: a.addr, began: time.Now(), born: l.born}
	c.client = side{conn: c, fd: a.fd, prompt: true}
	c.server = side{conn: c, fd: -1}
	c.up = flow{src: &c.client, dst: &c.server}
	c.down = flow{src: &c.server, dst: &c.client}
	c.timer.owner = c
	l.add(&c.client)
	if l.cutting != "" {
		c.because(l.cutting)
		l.abort(c)
		return
	}
	l.firstTry(c)
}

// happened deals with a side's events.
func (l *loop) happened(at *side, events uint32) {
	c := at.conn
	if c.state == connecting && !l.connectDone(c, events) {
		return
	}
	if events&unix.EPOLLOUT != 0 {
		at.blocked = false
	}
	if events&^unix.EPOLLOUT != 0 {
		at.readable = true
		at.ending = at.ending || events&(unix.EPOLLRDHUP|unix.EPOLLHUP) != 0
		at.urgent = at.urgent || events&unix.EPOLLPRI != 0
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

// expire goes on after a wait.
func (c *conn) expire(l *loop) {
	switch c.state {
	case connecting:
		l.connectLate(c)
	case pausing:
		l.resume(c)
	case joined:
		for _, o := range keepAlive {
			setOption(c.server.fd, o.level, o.name, o.value)
		}
	case losing:
		l.bury(c)
	}
}

// because notes why the session ends; the first reason stands.
func (c *conn) because(r session.EndReason) {
	if c.reason == "" {
		c.reason = r
	}
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
		e := session.End{Client: c.addr, Up: c.up.moved, Down: c.down.moved, Began: c.began, Reason: c.reason}
		if c.backend != nil {
			e.Backend = c.backend.Name()
		}
		c.front.Ended(e)
	}
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
