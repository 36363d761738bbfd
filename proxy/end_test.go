package proxy

import (
	"net"
	"net/netip"
	"testing"

	"weir/proxy/session"
)

// A backend's end is that of its connections, and of no others.
func TestEndOfABackend(t *testing.T) {
	one, oneConns := accepting(t)
	two, twoConns := accepting(t)
	r := startRig(t, one.addr, two.addr)
	const n = 12
	joined := map[netip.AddrPort][][2]*net.TCPConn{}
	for range n {
		client := r.dial(t)
		var backend *net.TCPConn
		select {
		case backend = <-oneConns:
		case backend = <-twoConns:
		}
		if err := pass(client, backend, 1, 1); err != nil { // only now is it joined for sure
			t.Fatal(err)
		}
		at := backend.LocalAddr().(*net.TCPAddr).AddrPort()
		joined[at] = append(joined[at], [2]*net.TCPConn{client, backend})
	}
	if len(joined[one.addr]) != n/2 {
		t.Fatalf("got %d connections of the first backend, want %d", len(joined[one.addr]), n/2)
	}
	if err := joined[one.addr][1][0].CloseWrite(); err != nil { // in whatever state they are
		t.Fatal(err)
	}
	r.backends[0].Closed.Store(true)
	r.server.End(r.backends[0], session.Unhealthy)
	for _, l := range r.finished(t, n/2) {
		if l["end"] != string(session.Unhealthy) || l["instance"] != r.backends[0].Name() {
			t.Errorf("got end %v of %v, want %s of %s", l["end"], l["instance"], session.Unhealthy, r.backends[0].Name())
		}
	}
	for i, s := range joined[one.addr] {
		if i == 1 {
			continue // a side that has seen an end before need not see the reset
		}
		wantBothReset(t, s[0], s[1])
	}
	for i, s := range joined[two.addr] {
		if err := exchange(s[0], s[1], clientFirst, uint64(i), 1000, 200_000); err != nil {
			t.Errorf("a connection of the other backend: %v", err)
		}
	}
	r.finished(t, n)
	if got := r.backends[0].Active.Load(); got != 0 {
		t.Errorf("got %d active connections after the end, want 0", got)
	}
	r.server.End(r.backends[0], session.Unhealthy) // of none
}

// Who joins a backend whose time is over, after a long connect say, ends as well.
func TestEndOfLateJoiners(t *testing.T) {
	o := startOrigin(t, echo)
	r := startRig(t, o.addr)
	b := r.backends[0]
	early := r.dial(t)
	if err := echoes(early, 1); err != nil {
		t.Fatal(err)
	}
	b.Closed.Store(true)
	r.server.End(b, session.Drained)
	if err := echoes(early, 2); !lost(err) {
		t.Errorf("got %v, want a reset", err)
	}
	wantReset(t, r.listener.Addr().String())
	for _, l := range r.finished(t, 2) {
		if l["end"] != string(session.Drained) || l["instance"] != b.Name() {
			t.Errorf("got end %v of %v, want %s of %s", l["end"], l["instance"], session.Drained, b.Name())
		}
	}
	// It is back.
	b.Closed.Store(false)
	ping(t, r.dial(t), 3)
}

// A session is being joined, or on the way to its end: End meets it anywhere.
func TestEndAtAnyMoment(t *testing.T) {
	o := startOrigin(t, echo)
	r := startRig(t, o.addr)
	b := r.backends[0]
	for i := range 40 {
		var clients []*net.TCPConn
		for range 10 {
			clients = append(clients, r.dial(t))
		}
		for range i % 5 {
			clients[i%10].Write([]byte{1})
		}
		b.Closed.Store(true)
		r.server.End(b, session.Drained)
		for _, c := range clients {
			if err := echoes(c, 1); err == nil {
				t.Fatal("a connection lives on")
			}
			c.Close()
		}
		r.finished(t, 10*(i+1))
		b.Closed.Store(false)
	}
	ping(t, r.dial(t), 3)
}
