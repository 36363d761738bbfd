package goroutine

import (
	"context"
	"errors"
	"net"
	"os"
	"time"

	"weir/balance"
	"weir/proxy/session"
)

// connect joins the session to a backend and starts the relay, or resets the
// client. It is the session's first goroutine and ends before bytes move.
func (p *pair) connect() {
	defer p.relay.running.Done()
	if p.addr.IsValid() {
		p.client.prepare(p.settings.KeepAlive)
	}
	reason, err := p.join()
	if reason == "" {
		p.start()
		return
	}
	if p.because(reason) { // else it has been ended, which is not for want of a backend
		p.front.Refused(p.addr, reason, err)
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
			p.backend.Store(tries.Joined())
			return "", nil
		}
		if r := p.end.Load(); r != nil {
			tries.Stopped()
			return *r, nil
		}
		var wait time.Duration
		if b, wait = tries.Failed(err); wait > 0 {
			ctx := p.within(wait)
			<-ctx.Done()
			if r := p.end.Load(); r != nil {
				return *r, nil
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
	d := dialer(p.settings.KeepAlive)
	d.Control = inline
	if p.service.ProxyProtocol != session.NoHeader {
		d.Control = inlineAndDelayAck
	}
	// Not DialTCP: it binds before it connects, and a port bound so serves one
	// connection, not one to each backend.
	conn, err := d.DialContext(p.within(p.service.ConnectTimeout), "tcp", b.Addr().String())
	if err != nil {
		if op, ok := errors.AsType[*net.OpError](err); ok && errors.Is(err, context.DeadlineExceeded) {
			op.Err = os.ErrDeadlineExceeded // a time-out is told by it
		}
		return err
	}
	p.server = conn.(*net.TCPConn)
	return nil
}

// within returns a context for one step on the way to a backend. It ends after that time,
// or when the session does.
func (p *pair) within(d time.Duration) context.Context {
	ctx, giveUp := context.WithTimeout(context.Background(), d)
	p.clock.step(giveUp)
	if p.end.Load() != nil { // before it could be broken off
		giveUp()
	}
	return ctx
}
