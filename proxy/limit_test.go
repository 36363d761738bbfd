package proxy

import (
	"fmt"
	"net"
	"testing"

	"weir/proxy/session"
)

// accepted waits until so many clients have been accepted by a listener, and checks that
// there are no more.
func accepted(t *testing.T, l *Listener, n int) {
	t.Helper()
	until(t, fmt.Sprintf("%d clients to be accepted", n), func() bool { return l.Accepted.Load() >= uint64(n) })
	if got := l.Accepted.Load(); got != uint64(n) {
		t.Fatalf("got %d clients accepted, want %d", got, n)
	}
}

// waits waits until a listener has said that clients wait.
func (r *rig) waits(t *testing.T) {
	t.Helper()
	until(t, "a line of clients that wait", func() bool { return len(r.log.lines("no room for more connections, they wait")) > 0 })
}

// begin sends a byte to an echoing backend, and doesn't wait for it to come back.
func begin(t *testing.T, conns ...*net.TCPConn) {
	t.Helper()
	for _, c := range conns {
		if _, err := c.Write([]byte{42, ^byte(42)}); err != nil {
			t.Fatal(err)
		}
	}
}

// answered waits until what begin sent is back.
func answered(t *testing.T, conns ...*net.TCPConn) {
	t.Helper()
	for i, c := range conns {
		if err := readBack(c, 42); err != nil {
			t.Fatalf("client %d: %v", i, err)
		}
	}
}

func TestFullListenerLetsClientsWait(t *testing.T) {
	o := startOrigin(t, echo)
	r := newRig(t, o.addr)
	r.configure(func(s *session.Settings) { s.MaxConnections = 2 })
	r.serve(t)
	var clients []*net.TCPConn
	for range 7 {
		c := r.dial(t)
		begin(t, c)
		clients = append(clients, c)
	}
	for i := range clients {
		answered(t, clients[i])
		r.waits(t)
		r.finished(t, max(i-1, 0))
		accepted(t, r.listener, min(max(i-1, 0)+2, len(clients))) // as many as left, and the two that are in
		if i > 0 {
			clients[i-1].Close() // so the next but one comes in, after this one
		}
	}
	clients[len(clients)-1].Close()
	r.finished(t, len(clients))
}

func TestFullListenerResetsClients(t *testing.T) {
	o := startOrigin(t, echo)
	r := newRig(t, o.addr)
	r.configure(func(s *session.Settings) { s.MaxConnections, s.WhenFull = 2, session.Close })
	r.serve(t)
	first, second := r.dial(t), r.dial(t)
	begin(t, first, second)
	answered(t, first, second)
	for range 3 {
		wantReset(t, r.listener.Addr().String())
	}
	if got := r.listener.TooMany.Load(); got != 3 {
		t.Errorf("got %d counted as too many, want 3", got)
	}
	if got := r.log.lines("connection reset: no room for more"); len(got) != 1 || got[0]["@level"] != "warn" {
		t.Errorf("got log %v, want one warning", got)
	}
	if err := echoes(first, 1); err != nil { // who is in is not touched
		t.Error(err)
	}
	first.Close()
	r.finished(t, 1)
	ping(t, r.dial(t), 3)
	second.Close()
}

// Of two listeners one may have all the places of the process. The other's clients wait
// for them.
func TestProcessLimit(t *testing.T) {
	o := startOrigin(t, echo)
	r := newRig(t, o.addr)
	r.server.Limit(3)
	r.serve(t)
	other := r.also(t, "other", at(loopback(0)), defaults())
	first, second, third := r.dial(t), r.dial(t), r.dial(t)
	begin(t, first, second, third)
	answered(t, first, second, third)
	late := dialTo(t, other.Addr())
	own := r.dial(t)
	begin(t, late, own)
	r.waits(t)
	accepted(t, r.listener, 3)
	accepted(t, other, 0)
	first.Close()
	second.Close()
	answered(t, late, own)
	accepted(t, r.listener, 4)
	accepted(t, other, 1)
	// A higher limit holds at once.
	more := []*net.TCPConn{dialTo(t, other.Addr()), r.dial(t)}
	begin(t, more...)
	r.server.Limit(5)
	answered(t, more...)
	for _, c := range append(more, third, late, own) {
		c.Close()
	}
	r.finished(t, 7)
}

// What is changed while clients wait holds for them.
func TestLimitIsChanged(t *testing.T) {
	o := startOrigin(t, echo)
	r := newRig(t, o.addr)
	r.configure(func(s *session.Settings) { s.MaxConnections = 1 })
	r.serve(t)
	clients := []*net.TCPConn{r.dial(t), r.dial(t), r.dial(t)}
	begin(t, clients...)
	answered(t, clients[0])
	r.waits(t)
	r.configure(func(s *session.Settings) { s.MaxConnections = 2 })
	answered(t, clients[1])
	accepted(t, r.listener, 2)
	r.configure(func(s *session.Settings) { s.WhenFull = session.Close })
	until(t, "the one that waits to be reset", func() bool { return r.listener.TooMany.Load() == 1 })
	for _, c := range clients[:2] {
		if err := echoes(c, 9); err != nil {
			t.Error(err)
		}
		c.Close()
	}
}

// Who waits when the listener closes is served, beyond the limit: the queue would be lost.
func TestFullListenerCloses(t *testing.T) {
	for name, close := range map[string]func(r *rig){
		"closed":    func(r *rig) { r.listener.Close() },
		"shut down": func(r *rig) { r.shutDown(t.Context()) },
	} {
		t.Run(name, func(t *testing.T) {
			o := startOrigin(t, echo)
			r := newRig(t, o.addr)
			r.configure(func(s *session.Settings) { s.MaxConnections = 1 })
			r.serve(t)
			var clients []*net.TCPConn
			for range 20 {
				clients = append(clients, r.dial(t))
			}
			begin(t, clients...)
			answered(t, clients[0])
			r.waits(t)
			close(r)
			answered(t, clients[1:]...)
			for _, c := range clients {
				c.Close()
			}
			r.finished(t, len(clients))
			if got := r.log.lines("listener closed"); len(got) != 1 || got[0]["listener"] != "front" || got[0]["address"] != r.listener.Addr().String() {
				t.Errorf("got log %v, want one line of the listener and its address", got)
			}
		})
	}
}

func TestLimitPerClient(t *testing.T) {
	o := startOrigin(t, echo)
	r := newRig(t, o.addr)
	r.configure(func(s *session.Settings) { s.MaxConnectionsPerClient = 2 })
	r.serve(t)
	from := func(ip string, b byte) (net.Conn, error) {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}}
		conn, err := d.Dial("tcp", r.listener.Addr().String())
		if err != nil {
			return nil, err // a reset may be faster than the client's own look at its new connection
		}
		t.Cleanup(func() { conn.Close() })
		return conn, echoes(conn, b)
	}
	open := map[string]net.Conn{}
	for i, ip := range []string{"127.0.0.2", "127.0.0.2", "127.0.0.3"} {
		conn, err := from(ip, byte(i))
		if err != nil {
			t.Fatal(err)
		}
		open[fmt.Sprint(ip, " ", i)] = conn
	}
	if _, err := from("127.0.0.2", 7); !lost(err) {
		t.Errorf("the third of a client: got %v, want a reset", err)
	}
	if got := r.listener.Greedy.Load(); got != 1 {
		t.Errorf("got %d counted as greedy, want 1", got)
	}
	if got := r.log.lines("connection reset: this client has too many"); len(got) != 1 || got[0]["@level"] != "warn" {
		t.Errorf("got log %v, want one warning", got)
	}
	open["127.0.0.2 0"].Close()
	r.finished(t, 1)
	again, err := from("127.0.0.2", 9)
	if err != nil {
		t.Fatalf("after one has left: %v", err)
	}
	again.Close()
	for _, c := range open {
		c.Close()
	}
	r.finished(t, 4)
}

func TestLimitPerInstance(t *testing.T) {
	one, two := startOrigin(t, echo), startOrigin(t, echo)
	r := newRig(t, one.addr, two.addr)
	r.service.MaxPerInstance = 2
	r.serve(t)
	var clients []*net.TCPConn
	for i := range 4 {
		clients = append(clients, r.dial(t))
		if err := echoes(clients[i], byte(i)); err != nil {
			t.Fatal(err)
		}
	}
	for i, b := range r.backends {
		if got := b.Active.Load(); got != 2 {
			t.Errorf("got %d connections of backend %d, want 2", got, i)
		}
	}
	wantReset(t, r.listener.Addr().String())
	if got := r.finished(t, 1)[0]; got["end"] != string(session.InstancesFull) || got["instance"] != "" {
		t.Errorf("got end %v of %q, want %s of none", got["end"], got["instance"], session.InstancesFull)
	}
	clients[1].Close()
	r.finished(t, 2)
	ping(t, r.dial(t), 5)
	for _, c := range clients {
		c.Close()
	}
}
