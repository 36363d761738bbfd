package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"weir/balance"
	"weir/proxy/session"
)

// relayKind is the relay that the tests are run on: a run of its own for each.
func relayKind() Kind { return Kind(os.Getenv("WEIR_RELAY")) }

// A rig is a server with one listener that serves, in front of some backends.
type rig struct {
	server   *Server
	listener *Listener
	service  *session.Service
	pool     *balance.Pool
	backends []*balance.Backend // in the order given
	log      *logBook
}

// newRig returns a rig that doesn't serve yet: tests may set its service first.
func newRig(t *testing.T, backends ...netip.AddrPort) *rig {
	t.Helper()
	r := &rig{log: new(logBook), pool: balance.NewPool(&balance.WeightedRoundRobin{})}
	r.server = newServer(t, r.log)
	r.service = &session.Service{Name: "web", Pool: r.pool, ConnectTimeout: 5 * time.Second, Retries: 2}
	r.setBackends(backends...)
	// Each once: as many picks as backends of equal weights are one cycle.
	found := map[netip.AddrPort]*balance.Backend{}
	for range backends {
		b := r.pool.Pick()
		found[b.Addr()] = b
	}
	for _, addr := range backends {
		r.backends = append(r.backends, found[addr])
	}
	l, err := r.server.Bind("front", at(loopback(0)), r.service, defaults())
	if err != nil {
		t.Fatal(err)
	}
	r.listener = l
	return r
}

// newServer returns a server that tells all to the log.
func newServer(t *testing.T, log *logBook) *Server {
	t.Helper()
	s, err := NewServer(relayKind(), hclog.New(&hclog.LoggerOptions{Output: log, Level: hclog.Debug, JSONFormat: true}))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// defaults are the settings of a listener that says nothing of them.
func defaults() session.Settings {
	return session.Settings{KeepAlive: time.Minute, HalfCloseTimeout: time.Hour}
}

// configure changes what the rig's listener grants.
func (r *rig) configure(change func(*session.Settings)) {
	s := *r.listener.Settings()
	change(&s)
	r.listener.Configure(r.service, s)
}

// startRig returns a rig that serves until the test ends.
func startRig(t *testing.T, backends ...netip.AddrPort) *rig {
	t.Helper()
	r := newRig(t, backends...)
	r.serve(t)
	return r
}

// serve serves until the test ends, and then checks that nothing is left.
func (r *rig) serve(t *testing.T) {
	t.Helper()
	served := make(chan error, 1)
	go func() { served <- r.listener.Serve() }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if _, cut := r.server.Shutdown(ctx); cut > 0 {
			t.Errorf("%d sessions were left over", cut)
		}
		if err := <-served; !errors.Is(err, ErrServerClosed) {
			t.Errorf("Serve: got %v, want %v", err, ErrServerClosed)
		}
		for _, b := range r.backends {
			if got := b.Active.Load(); got != 0 {
				t.Errorf("backend %s: got %d active connections after all have ended, want 0", b, got)
			}
		}
	})
	until(t, "the listener to listen", func() bool { return len(r.log.lines("listening")) > 0 })
}

// also returns another listener of the rig's server for its service, which serves until
// it is closed, at the latest when the test ends. Call it before serve.
func (r *rig) also(t *testing.T, name string, addr Address, s session.Settings) *Listener {
	t.Helper()
	l, err := r.server.Bind(name, addr, r.service, s)
	if err != nil {
		t.Fatal(err)
	}
	r.serveToo(t, l)
	return l
}

// serveToo has a listener serve until it is closed, and checks that nothing else ends it.
func (r *rig) serveToo(t *testing.T, l *Listener) {
	t.Helper()
	before := len(r.log.lines("listening"))
	served := make(chan error, 1)
	go func() { served <- l.Serve() }()
	t.Cleanup(func() {
		l.Close()
		if err := <-served; !errors.Is(err, ErrServerClosed) {
			t.Errorf("Serve of %s: got %v, want %v", l.name, err, ErrServerClosed)
		}
	})
	until(t, "the listener to listen", func() bool { return len(r.log.lines("listening")) > before })
}

// setBackends makes these the eligible ones, with equal weights.
func (r *rig) setBackends(backends ...netip.AddrPort) {
	members := make([]balance.Member, len(backends))
	for i, addr := range backends {
		members[i] = balance.Member{Name: fmt.Sprintf("node-%d/web", i), Addr: addr, CatalogWeight: 1}
	}
	r.pool.Update(members, balance.Admission{Rule: balance.Catalog})
}

// dial connects to the rig's listener.
func (r *rig) dial(t *testing.T) *net.TCPConn {
	t.Helper()
	return dialTo(t, r.listener.Addr())
}

func dialTo(t *testing.T, addr Address) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.(*net.TCPConn)
}

// joined waits until so many sessions have been joined to the backends.
func (r *rig) joined(t *testing.T, n int) {
	t.Helper()
	until(t, fmt.Sprintf("%d sessions to be joined", n), func() bool {
		var sum uint64
		for _, b := range r.backends {
			sum += b.Connections.Load()
		}
		return sum == uint64(n)
	})
}

// finished waits for the log to tell of n ended sessions, and returns the lines.
func (r *rig) finished(t *testing.T, n int) []line {
	t.Helper()
	var lines []line
	until(t, fmt.Sprintf("%d sessions to finish", n), func() bool {
		lines = r.log.lines("connection finished")
		return len(lines) >= n
	})
	return lines
}

// patience is how long a test waits for what must happen. It is long: only a failure takes it.
const patience = 20 * time.Second

// until waits for a condition that something else brings about.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(200 * time.Microsecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no sign of %s after %v", what, patience)
		}
	}
}
