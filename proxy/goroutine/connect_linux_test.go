package goroutine

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/balance"
	"weir/proxy/session"
)

// While a backend is connected to, the session ends for its own reasons, and at once.
// Nothing of that is the backend's failure.
func TestEndBeforeJoin(t *testing.T) {
	for _, test := range []struct {
		name  string
		life  time.Duration
		leave func(*rig, *net.TCPConn)
		want  session.EndReason
	}{
		{name: "life is over", life: 700 * time.Millisecond, want: session.MaxLifetime},
		{name: "client reset", want: session.ClientReset, leave: func(_ *rig, c *net.TCPConn) { reset(c) }},
		{name: "cut", want: session.Upgraded, leave: func(r *rig, _ *net.TCPConn) { r.cut(t, session.Upgraded) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := serve(t, New(), listen(t), session.Settings{MaxLifetime: test.life, MaxConnections: 1})
			pool := balance.NewPool(nil)
			pool.Update([]balance.Member{{Name: "node-0/far", Addr: silentAddr(t), CatalogWeight: 1}}, balance.Admission{Rule: balance.Catalog})
			r.front.Configure(&session.Service{Name: "web", Pool: pool, ConnectTimeout: time.Hour}, *r.front.Settings())
			b := pool.Pick()
			client := knock(t, r.socket, 1)[0].(*net.TCPConn)
			until(t, "a connect", func() bool { return b.Active.Load() == 1 })
			if test.leave != nil {
				test.leave(r, client)
			}
			if got := r.ends(t, 1)[0]; got != string(test.want) {
				t.Errorf("got end %s, want %s", got, test.want)
			}
			if test.want != session.ClientReset {
				client.SetDeadline(time.Now().Add(patience))
				if _, err := client.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
					t.Errorf("the client got %v, want %v", err, syscall.ECONNRESET)
				}
			}
			until(t, "its place", func() bool { return r.front.Enter() })
			r.front.Left()
			if b.Active.Load() != 0 || b.Failures.Load() != 0 || r.front.Failed.Load() != 0 {
				t.Errorf("got %d active, %d failures and %d clients failed, want none of all", b.Active.Load(), b.Failures.Load(), r.front.Failed.Load())
			}
		})
	}
}

// cut ends all sessions for that reason. There is one.
func (r *rig) cut(t *testing.T, reason session.EndReason) {
	r.end(nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if got := r.relay.Finish(ctx, reason); got != 1 {
		t.Errorf("got %d sessions cut, want 1", got)
	}
}

// A connect that takes too long is told from one that fails otherwise.
func TestConnectTimeoutIsNamed(t *testing.T) {
	for want, backend := range map[session.EndReason]func(*testing.T) netip.AddrPort{
		session.ConnectTimeout: silentAddr,
		session.ConnectFailed:  refusingAddr,
	} {
		r := serve(t, New(), listen(t), session.Settings{})
		pool := balance.NewPool(nil)
		pool.Update([]balance.Member{{Name: "node-0/far", Addr: backend(t), CatalogWeight: 1}}, balance.Admission{Rule: balance.Catalog})
		r.front.Configure(&session.Service{Name: "web", Pool: pool, ConnectTimeout: 100 * time.Millisecond}, *r.front.Settings())
		knock(t, r.socket, 1)
		if got := r.ends(t, 1)[0]; got != string(want) {
			t.Errorf("got end %s, want %s", got, want)
		}
	}
}

// silentAddr is where a connect is neither taken nor refused: the queue is full.
func silentAddr(t *testing.T) netip.AddrPort {
	t.Helper()
	ln := listen(t)
	control(t, ln, func(fd uintptr) error { return unix.Listen(int(fd), 0) })
	for range 100 {
		conn, err := net.DialTimeout("tcp", ln.Addr().String(), 200*time.Millisecond)
		if err != nil {
			return ln.Addr().(*net.TCPAddr).AddrPort()
		}
		t.Cleanup(func() { conn.Close() })
	}
	t.Fatal("the queue does not fill")
	return netip.AddrPort{}
}

// refusingAddr is where nobody listens.
func refusingAddr(t *testing.T) netip.AddrPort {
	t.Helper()
	ln := listen(t)
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).AddrPort()
}
