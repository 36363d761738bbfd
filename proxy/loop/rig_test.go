//go:build linux && (amd64 || arm64)

package loop

import (
	"context"
	"io"
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
	relay    *Relay
	front    *session.Front
	socket   syscall.Conn // that listens
	conns    <-chan *net.TCPConn
	handOver func() // ends Serve, and returns when it has, as close does
	close    func()
}

func startRig(t *testing.T) *rig { return startRigWith(t, session.Settings{}, listen(t)) }

// startRigWith serves a socket on a descriptor of its own: the test may give it to others.
func startRigWith(t *testing.T, settings session.Settings, socket syscall.Conn) *rig {
	t.Helper()
	backend := listen(t)
	pool := balance.NewPool(nil)
	pool.Update([]balance.Member{{Name: "node/web", Addr: addrOf(backend), CatalogWeight: 1}}, balance.Admission{Rule: balance.Catalog})
	service := &session.Service{Name: "web", Pool: pool, ConnectTimeout: patience}
	relay := New()
	fd := int(dup(t, socket))
	if err := relay.Prepare(fd, settings); err != nil { // late, but nobody comes yet
		t.Fatal(err)
	}

	conns, over := make(chan *net.TCPConn), make(chan struct{})
	serving, end := context.WithCancelCause(context.Background())
	var running, served sync.WaitGroup
	front := session.NewFront("front", service, settings, nil, hclog.NewNullLogger())
	served.Go(func() {
		if err := relay.Serve(serving, fd, front); err != nil {
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
			select {
			case conns <- conn:
			case <-over:
			}
		}
	})
	t.Cleanup(func() {
		end(nil)
		close(over)
		socket.(io.Closer).Close()
		backend.Close()
		served.Wait()
		running.Wait()
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		relay.Finish(ctx, session.Shutdown)
	})
	ending := func(cause error) func() {
		return func() {
			end(cause)
			served.Wait()
		}
	}
	return &rig{relay: relay, front: front, socket: socket, conns: conns, handOver: ending(session.ErrHandedOver), close: ending(nil)}
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
	client = r.knock(t)
	return client, r.joined(t)
}

// knock returns a client that may have to wait.
func (r *rig) knock(t *testing.T) *net.TCPConn {
	t.Helper()
	conn := dialTo(t, r.socket.(net.Listener))
	conn.SetDeadline(time.Now().Add(patience))
	return conn.(*net.TCPConn)
}

// joined returns the backend's end of the next session.
func (r *rig) joined(t *testing.T) *net.TCPConn {
	t.Helper()
	select {
	case conn := <-r.conns:
		conn.SetDeadline(time.Now().Add(patience))
		return conn
	case <-time.After(patience):
		t.Fatal("no session reaches the backend")
		return nil
	}
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
