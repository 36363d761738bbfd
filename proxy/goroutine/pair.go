package goroutine

import (
	"net/netip"
	"sync/atomic"
	"time"

	"weir/balance"
	"weir/proxy/session"
)

// A pair is a session: one client joined to one backend. It has no goroutine of
// its own at rest beyond its two flows; whoever ends last closes it.
type pair struct {
	relay    *Relay
	front    *session.Front
	service  *session.Service
	settings *session.Settings
	began    time.Duration  // since the relay did
	addr     netip.AddrPort // the client's; zero of a unix socket
	client   client
	server   conn                            // to the backend; set before the flows start
	backend  atomic.Pointer[balance.Backend] // once joined

	up, down flow                              // client to backend, backend to client
	running  atomic.Int32                      // flows not ended
	end      atomic.Pointer[session.EndReason] // set once
	clock    clock
}

// begin takes up a client that came through the door, or resets it.
func (r *Relay) begin(d *session.Door, a arrival) {
	c := newClient(a.fd)
	settings, ok := d.Admit(a.addr)
	if !ok {
		reset(c)
		return
	}
	p := &pair{
		relay:    r,
		front:    d.Front,
		service:  d.Front.Service(),
		settings: settings,
		began:    r.now(),
		addr:     a.addr,
		client:   c,
	}
	p.startClock()
	r.track(p)
	go p.connect()
}

// start starts both flows, on fresh and so small stacks.
func (p *pair) start() {
	header := p.header()
	p.relay.running.Add(2)
	p.up.init(p, p.client, p.server)
	p.down.init(p, p.server, p.client)
	p.running.Store(2)
	p.joined()
	if p.backend.Load().Closed.Load() {
		p.abort(session.Drained) // it was over while this one was connecting
	}
	go p.up.run(header)
	go p.down.run(nil)
}

// isUnix reports whether a side is a unix socket.
func (p *pair) isUnix(side conn) bool { return side == p.client && !p.addr.IsValid() }

// lost names the end of a session that one of its sides left without a word.
func (p *pair) lost(side conn) session.EndReason {
	if side == p.client {
		return session.ClientReset
	}
	return session.BackendReset
}

// because notes why the session ends, and reports whether that stands: the first reason does.
func (p *pair) because(r session.EndReason) bool { return p.end.CompareAndSwap(nil, &r) }

// abort resets both sides at once. Anyone may call it at any time.
func (p *pair) abort(r session.EndReason) {
	p.because(r)
	p.clock.step(nil)
	reset(p.client)
	if p.running.Load() > 0 { // else the server side is still being set, or already closed
		reset(p.server)
	}
}

// flowEnded is called by each flow; the last one closes.
func (p *pair) flowEnded() (last bool) {
	if p.running.Add(-1) > 0 {
		return false
	}
	if p.because(session.Complete) {
		p.client.Close()
		p.server.Close()
	} else {
		reset(p.client)
		reset(p.server)
	}
	session.Leave(p.backend.Load())
	p.finish()
	return true
}

// finish is the last thing that happens in a session.
func (p *pair) finish() {
	p.stopClock()
	if p.front.Watched() {
		e := session.End{
			Service: p.service.Name,
			Client:  p.addr,
			Up:      max(p.up.moved, 0), // of a header not all may have been written
			Down:    p.down.moved,
			Began:   p.relay.began.Add(p.began),
			Reason:  *p.end.Load(),
		}
		if b := p.backend.Load(); b != nil {
			e.Backend = b.Name()
		}
		p.front.Ended(e)
	}
	p.front.Leave(p.addr, p.settings)
	p.relay.untrack(p)
}
