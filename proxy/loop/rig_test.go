//go:build linux && (amd64 || arm64)

package loop

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"weir/balance"
	"weir/proxy/session"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// A rig is a relay that serves one listener in front of one backend, the test's own.
type rig struct {
	relay *Relay
	addr  string
	conns <-chan *net.TCPConn // the backend's
}

func startRig(t *testing.T) *rig {
	t.Helper()
	backend, front := listen(t), listen(t)
	pool := balance.NewPool(nil)
	pool.Update([]balance.Member{{Name: "node/web", Addr: backend.Addr().(*net.TCPAddr).AddrPort(), CatalogWeight: 1}}, balance.Admission{Rule: balance.Catalog})
	service := &session.Service{Name: "web", Pool: pool, ConnectTimeout: patience}
	relay := New()
	// The relay wants a descriptor of its own.
	raw, err := front.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var fd int
	raw.Control(func(own uintptr) { fd, err = syscall.Dup(int(own)) })
	if err != nil {
		t.Fatal(err)
	}
	if err := relay.Prepare(fd, session.Settings{}); err != nil { // late, but nobody comes yet
		t.Fatal(err)
	}
	addr := front.Addr().String()
	front.Close()

	conns := make(chan *net.TCPConn)
	serving, end := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := relay.Serve(serving, fd, session.NewFront("front", service, session.Settings{}, nil, hclog.NewNullLogger())); err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	running.Go(func() {
		for {
			conn, err := backend.AcceptTCP()
			if err != nil {
				return
			}
			t.Cleanup(func() { conn.Close() })
			conns <- conn
		}
	})
	t.Cleanup(func() {
		end()
		backend.Close()
		running.Wait()
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		relay.Finish(ctx, session.Shutdown)
	})
	return &rig{relay: relay, addr: addr, conns: conns}
}

func listen(t *testing.T) *net.TCPListener {
	t.Helper()
	ln, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// dial returns both ends of a session.
func (r *rig) dial(t *testing.T) (client, backend *net.TCPConn) {
	t.Helper()
	conn, err := net.Dial("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	client, backend = conn.(*net.TCPConn), <-r.conns
	client.SetDeadline(time.Now().Add(patience))
	backend.SetDeadline(time.Now().Add(patience))
	return client, backend
}

// inside runs f in each loop in turn.
func (r *rig) inside(f func(*loop)) {
	loops, _ := r.relay.start()
	for _, l := range loops {
		each([]*loop{l}, f)
	}
}

// until waits for a condition that something else brings about.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no sign of %s after %v", what, patience)
		}
	}
}
