package proxy

import (
	"context"
	"errors"
	"net"
	"slices"
	"syscall"
	"time"

	"weir/balance"
)

// keepAlive is set on both sides of every session: a peer that is gone without
// a word is noticed after two minutes.
func keepAlive() net.KeepAliveConfig {
	return net.KeepAliveConfig{Enable: true, Idle: 60 * time.Second, Interval: 15 * time.Second, Count: 4}
}

// lonePause goes before the second try of a service's only backend, which may
// be restarting, and before a try after trouble of our own.
const lonePause = 100 * time.Millisecond

// connect joins the session to a backend and starts the relay, or resets the
// client. It is the session's first goroutine and ends before bytes move.
func (c *session) connect() {
	c.client.SetKeepAliveConfig(keepAlive())
	l := c.listener
	pool := l.service.Pool
	b := pool.Pick()
	if b == nil {
		l.NoBackend.Add(1)
		c.refuse(endNoBackend, l.without, "no backend is eligible", nil)
		return
	}
	tried := make([]*balance.Backend, 0, 4) // and found wanting
	for retries := l.service.Retries; ; retries-- {
		err := c.dial(b)
		if err == nil {
			c.relay()
			return
		}
		if !ours(err) {
			tried = append(tried, b)
		}
		b = c.next(pool, tried, err, retries)
		switch {
		case l.server.dialing.Err() != nil:
			c.because(endShutdown)
			reset(c.client)
			c.finish()
			return
		case b == nil:
			l.Failed.Add(1)
			c.refuse(endConnectFailed, l.refused, "no backend could be reached", err)
			return
		}
	}
}

// next chooses whom to try after err, when tried have failed and so many retries
// are left; nil when there is nobody. Only an eligible backend is tried, also
// after a pause. A lone backend's second try is no retry: those are for others.
func (c *session) next(pool *balance.Pool, tried []*balance.Backend, err error, retries int) *balance.Backend {
	dialing := c.listener.server.dialing
	if ours(err) {
		// Says nothing about any backend: wait until the trouble may be over.
		if retries <= 0 || pause(dialing, lonePause) != nil {
			return nil
		}
		return pool.PickOther(tried)
	}
	if retries > 0 {
		if b := pool.PickOther(tried); b != nil {
			return b
		}
	}
	if len(tried) > 1 || pool.Snapshot().Len() > 1 || pause(dialing, lonePause) != nil {
		return nil
	}
	return pool.Pick()
}

// dial tries one backend. On success the session counts as one of its connections.
func (c *session) dial(b *balance.Backend) error {
	service := c.listener.service
	b.Active.Add(1) // while it is being tried too: it must not be forgotten
	d := net.Dialer{Timeout: service.ConnectTimeout, KeepAliveConfig: keepAlive()}
	// Not DialTCP: it binds before it connects, and a port bound so serves one
	// connection, not one to each backend.
	conn, err := d.DialContext(c.listener.server.dialing, "tcp", b.Addr().String())
	if err == nil {
		b.Connections.Add(1)
		c.backend, c.server = b, conn.(*net.TCPConn)
		return nil
	}
	b.Active.Add(-1)
	if ours(err) || errors.Is(err, context.Canceled) {
		return err
	}
	b.Failures.Add(1)
	c.listener.log.Debug("connect failed", "backend", b.Name(), "address", b.Addr(), "error", err)
	if service.ConnectFailed != nil {
		service.ConnectFailed(b)
	}
	return err
}

// refuse ends a session that was never joined.
func (c *session) refuse(r EndReason, q *quiet, msg string, err error) {
	c.because(r)
	reset(c.client)
	args := []any{"client", c.client.RemoteAddr().String()}
	if err != nil {
		args = append(args, "error", err)
	}
	c.listener.warn(q, "connection reset: "+msg, args...)
	c.finish()
}

// ours reports whether a dial failed for want of something on this host, which
// says nothing about the backend.
func ours(err error) bool {
	return slices.ContainsFunc([]error{syscall.EMFILE, syscall.ENFILE, syscall.EADDRNOTAVAIL, syscall.ENOBUFS, syscall.ENOMEM},
		func(e error) bool { return errors.Is(err, e) })
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
