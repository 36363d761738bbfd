//go:build linux && (amd64 || arm64)

package loop

import (
	"time"

	"golang.org/x/sys/unix"

	"weir/balance"
	"weir/proxy/session"
)

// firstTry looks what the client has sent already, and begins to join it to a backend.
func (l *loop) firstTry(c *conn) {
	header := copy(l.scratch, l.header(c))
	n, err := recv(c.client.fd, l.scratch[header:])
	switch {
	case err == unix.EAGAIN:
		n = 0
	case err != 0:
		l.abortFor(c, session.ClientReset)
		return
	case n == 0:
		c.up.ended = true
	}
	n += header
	c.up.rest = l.scratch[:n]
	c.up.moved = -int64(header) // which isn't the client's
	c.client.readable = n == len(l.scratch)
	b := c.tries.First(c.front, c.service)
	if b == nil {
		l.refuse(c)
		return
	}
	l.try(c, b)
}

// try connects to one backend after the other until one takes the client, may yet take
// it, or all hope is lost.
func (l *loop) try(c *conn, b *balance.Backend) {
	for b != nil {
		err := l.dial(c, b)
		if err == 0 {
			return
		}
		var waits bool
		if b, waits = l.another(c, err); waits {
			return
		}
	}
	l.refuse(c)
}

// another returns whom to try after a failure, unless that waits for a pause.
func (l *loop) another(c *conn, err errno) (b *balance.Backend, waits bool) {
	c.failure = uint16(err)
	b, pause := c.tries.Failed(err)
	if pause > 0 {
		l.await(c, pausing, pause)
	}
	return b, pause > 0
}

// await has the session wait before it is joined. The client is looked after meanwhile:
// one that is reset holds no place, and no backend's.
func (l *loop) await(c *conn, s state, d time.Duration) {
	c.state = s
	c.until = l.readClock() + ticks(d)
	l.arm(c)
	l.keep(&c.up)
	if !c.client.known {
		l.watch(&c.client, sideEvents) // if it fails, join tries again
	}
}

// resume goes on after a pause.
func (l *loop) resume(c *conn) { l.try(c, c.tries.Resume()) }

// dial connects to a backend. Where that is near, it is done at once, and what the
// client has sent goes along with the handshake's last segment.
func (l *loop) dial(c *conn, b *balance.Backend) errno {
	fd, err := newSocket(l.to.set(b.Addr()))
	if err != 0 {
		return err
	}
	c.server = side{conn: c, fd: fd}
	inline(fd)
	if len(c.up.rest) > 0 {
		setOption(fd, unix.IPPROTO_TCP, unix.TCP_QUICKACK, 0)
	}
	err = connect(fd, &l.to)
	if err == unix.EINPROGRESS && l.toItself(fd, b) {
		err = unix.ECONNREFUSED
	}
	if err == unix.EINPROGRESS {
		// The kernel may be further than it says. If it isn't, it takes no bytes.
		if err = l.firstBytes(c); err == unix.EAGAIN {
			err = unix.EINPROGRESS
		}
	}
	switch err {
	case 0:
		l.add(&c.server)
		l.join(c)
	case unix.EINPROGRESS:
		if err := l.watch(&c.server, sideEvents|unix.EPOLLOUT); err != 0 {
			closeFD(fd)
			c.server.fd = -1
			return err
		}
		c.server.watched = true
		l.add(&c.server)
		l.await(c, connecting, c.service.ConnectTimeout)
	default:
		closeFD(fd)
		c.server.fd = -1
		return err
	}
	return 0
}

// firstBytes writes what the client has sent already. With none it only asks whether
// the connection is there.
func (l *loop) firstBytes(c *conn) errno {
	if len(c.up.rest) > 0 {
		return l.write(&c.up)
	}
	_, err := send(c.server.fd, nil)
	return err
}

// connectDone looks how a connect ended. It reports whether the session is joined to
// that backend now: then the events may tell of more. They say nothing of another one
// that is tried next, though that may have the same descriptor.
func (l *loop) connectDone(c *conn, events uint32) bool {
	if events&(unix.EPOLLERR|unix.EPOLLHUP) != 0 {
		err := pendingError(c.server.fd)
		if err == 0 {
			err = unix.ECONNRESET // it was there, and is gone
		}
		l.connectFailed(c, err)
		return false
	}
	if events&unix.EPOLLOUT == 0 {
		return false
	}
	l.join(c)
	return c.born != 0
}

// connectLate ends a try that has had its time. The kernel is asked once more: after a
// stall of our own the event may only not have been read yet.
func (l *loop) connectLate(c *conn) {
	switch err := l.firstBytes(c); err {
	case 0:
		l.join(c)
	case unix.EAGAIN:
		l.connectFailed(c, unix.ETIMEDOUT)
	default:
		l.connectFailed(c, err)
	}
}

// toItself reports whether a socket is connected to itself. It may be where nobody
// listens on a port of this host from which the kernel also takes local ports.
func (l *loop) toItself(fd int32, b *balance.Backend) bool {
	if b.Addr().Port() < l.localPorts {
		return false
	}
	getName(fd, &l.own)
	return l.own.get() == l.to.get()
}

// connectFailed goes on with the next backend.
func (l *loop) connectFailed(c *conn, err errno) {
	l.sides[c.server.fd] = nil
	closeFD(c.server.fd)
	c.server.fd = -1
	if b, waits := l.another(c, err); !waits {
		l.try(c, b)
	}
}

// join lets the bytes flow.
func (l *loop) join(c *conn) {
	c.backend = c.tries.Joined()
	c.state = joined
	c.failure = 0
	if c.backend.Closed.Load() {
		l.abortFor(c, session.Drained)
		return
	}
	for _, s := range [...]*side{&c.server, &c.client} {
		if s.known {
			continue
		}
		if err := l.watch(s, sideEvents); err != 0 { // for want of memory
			c.failure = uint16(err)
			l.refuse(c)
			return
		}
	}
	c.active = l.readClock()
	c.until = never
	if c.settings.KeepAlive > 0 {
		c.until = c.active + ticks(keepAliveAfter)
	}
	l.arm(c)
	l.pump(&c.up)
}

// watch registers a side.
func (l *loop) watch(s *side, events uint32) errno {
	err := l.control(unix.EPOLL_CTL_ADD, s.fd, events, s.fd, s.conn.born)
	s.known = err == 0
	return err
}

// refuse resets a client that nobody takes.
func (l *loop) refuse(c *conn) {
	var err error
	if c.failure != 0 {
		err = errno(c.failure)
	}
	c.because(c.tries.Why(err))
	c.front.Refused(c.addr, c.reason, err)
	l.abort(c)
}
