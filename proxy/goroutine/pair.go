package goroutine

import (
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"weir/balance"
	"weir/proxy/session"
)

// A pair is a session: one client joined to one backend. It has no goroutine of
// its own at rest beyond its two flows; whoever ends last closes it.
type pair struct {
	relay   *Relay
	front   *session.Front
	service *session.Service
	began   time.Time
	client  *net.TCPConn
	server  *net.TCPConn // to the backend; set before the flows start
	backend *balance.Backend

	up, down flow                              // client to backend, backend to client
	running  atomic.Int32                      // flows not ended
	end      atomic.Pointer[session.EndReason] // set once
}

// start starts both flows, on fresh and so small stacks.
func (p *pair) start() {
	p.relay.running.Add(2)
	p.running.Store(2)
	p.up.init(p, p.client, p.server)
	p.down.init(p, p.server, p.client)
	go p.up.run()
	go p.down.run()
}

// lost names the end of a session that one of its sides left without a word.
func (p *pair) lost(side *net.TCPConn) session.EndReason {
	if side == p.client {
		return session.ClientReset
	}
	return session.BackendReset
}

// because notes why the session ends; the first reason stands.
func (p *pair) because(r session.EndReason) { p.end.CompareAndSwap(nil, &r) }

// abort resets both sides at once. Anyone may call it at any time.
func (p *pair) abort(r session.EndReason) {
	p.because(r)
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
	if p.end.Load() != nil {
		reset(p.client)
		reset(p.server)
	} else {
		p.because(session.Complete)
		p.client.Close()
		p.server.Close()
	}
	session.Leave(p.backend)
	p.finish()
	return true
}

// finish is the last thing that happens in a session.
func (p *pair) finish() {
	if p.front.Watched() {
		e := session.End{
			Client: addrPort(p.client),
			Up:     p.up.moved,
			Down:   p.down.moved,
			Began:  p.began,
			Reason: *p.end.Load(),
		}
		if p.backend != nil {
			e.Backend = p.backend.Name()
		}
		p.front.Ended(e)
	}
	p.relay.untrack(p)
}

// reset closes so that the peer sees a reset, not an end.
func reset(conn *net.TCPConn) {
	conn.SetLinger(0)
	conn.Close()
}

// addrPort is the peer's address; of IPv4 as such, whatever the listener is bound to.
func addrPort(conn *net.TCPConn) netip.AddrPort {
	a := conn.RemoteAddr().(*net.TCPAddr).AddrPort()
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
