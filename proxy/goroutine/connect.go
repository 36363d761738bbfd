package goroutine

import (
	"context"
	"net"
	"time"

	"weir/balance"
	"weir/proxy/session"
)

// keepAlive is set on both sides of every session: a peer that is gone without
// a word is noticed after two minutes.
func keepAlive() net.KeepAliveConfig {
	return net.KeepAliveConfig{Enable: true, Idle: 60 * time.Second, Interval: 15 * time.Second, Count: 4}
}

// connect joins the session to a backend and starts the relay, or resets the
// client. It is the session's first goroutine and ends before bytes move.
func (p *pair) connect() {
	defer p.relay.running.Done()
	p.client.SetKeepAliveConfig(keepAlive())
	reason, err := p.join()
	if reason == "" {
		p.start()
		return
	}
	p.because(reason)
	if reason != session.Shutdown {
		p.front.Refused(addrPort(p.client), reason, err)
	}
	reset(p.client)
	p.finish()
}

// join connects to a backend, or says why the session ends without one.
func (p *pair) join() (session.EndReason, error) {
	var tries session.Tries
	b := tries.First(p.front, p.service)
	if b == nil {
		return tries.Why(nil), nil
	}
	for {
		err := p.dial(b)
		if err == nil {
			p.backend = tries.Joined()
			return "", nil
		}
		if p.relay.dialing.Err() != nil {
			tries.Stopped()
			return session.Shutdown, nil
		}
		var wait time.Duration
		if b, wait = tries.Failed(err); wait > 0 {
			if pause(p.relay.dialing, wait) != nil {
				return session.Shutdown, nil
			}
			b = tries.Resume()
		}
		if b == nil {
			return tries.Why(err), err
		}
	}
}

// dial tries one backend.
func (p *pair) dial(b *balance.Backend) error {
	d := net.Dialer{Timeout: p.service.ConnectTimeout, KeepAliveConfig: keepAlive()}
	// Not DialTCP: it binds before it connects, and a port bound so serves one
	// connection, not one to each backend.
	conn, err := d.DialContext(p.relay.dialing, "tcp", b.Addr().String())
	if err != nil {
		return err
	}
	p.server = conn.(*net.TCPConn)
	return nil
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
