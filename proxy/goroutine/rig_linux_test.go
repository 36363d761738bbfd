package goroutine

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/sys/unix"

	"weir/balance"
	"weir/proxy/session"
)

// patience is how long a test waits for what must happen. It is long: only a failure takes it.
const patience = 20 * time.Second

// A rig is a relay that serves one listening socket in front of one backend, the test's own.
type rig struct {
	relay  *Relay
	front  *session.Front
	socket net.Listener // the test's descriptor of it
	behind *net.TCPListener
	log    *logBook
	end    func(cause error) // ends Serve, and returns when it has
}

// serve has r serve a socket until the test ends, when it must have nothing left.
func serve(t *testing.T, r *Relay, socket net.Listener, settings session.Settings) *rig {
	t.Helper()
	behind := listen(t)
	pool := balance.NewPool(&balance.WeightedRoundRobin{})
	addr := behind.Addr().(*net.TCPAddr).AddrPort()
	pool.Update([]balance.Member{{Name: "node-0/web", Addr: addr, CatalogWeight: 1}}, balance.Admission{Rule: balance.Catalog})
	log := new(logBook)
	logger := hclog.New(&hclog.LoggerOptions{Output: log, Level: hclog.Debug, JSONFormat: true})
	front := session.NewFront("front", &session.Service{Name: "web", Pool: pool, ConnectTimeout: patience}, settings, nil, logger)
	fd := share(t, socket)
	if err := r.Prepare(fd, settings); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := r.Serve(ctx, fd, front); err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	end := func(cause error) {
		cancel(cause)
		serving.Wait()
	}
	t.Cleanup(func() {
		end(nil)
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if cut := r.Finish(ctx, session.Shutdown); cut != 0 {
			t.Errorf("got %d sessions cut at the end, want none", cut)
		}
	})
	return &rig{relay: r, front: front, socket: socket, behind: behind, log: log, end: end}
}

// dial returns both ends of a session. They are closed when the test ends.
func (r *rig) dial(t *testing.T) (client net.Conn, backend *net.TCPConn) {
	t.Helper()
	client, err := net.Dial(r.socket.Addr().Network(), r.socket.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	r.behind.SetDeadline(time.Now().Add(patience))
	backend, err = r.behind.AcceptTCP()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { backend.Close() })
	for _, c := range []net.Conn{client, backend} {
		c.SetDeadline(time.Now().Add(patience))
	}
	return client, backend
}

// pair returns the only session, once it is joined.
func (r *rig) pair(t *testing.T) (only *pair) {
	t.Helper()
	until(t, "a session that is joined", func() bool {
		r.relay.mu.Lock()
		defer r.relay.mu.Unlock()
		for p := range r.relay.pairs {
			only = p
		}
		if only == nil {
			return false
		}
		only.clock.mu.Lock()
		defer only.clock.mu.Unlock()
		return only.clock.joined
	})
	return only
}

// ends returns why the first sessions ended, so many.
func (r *rig) ends(t *testing.T, n int) (reasons []string) {
	t.Helper()
	until(t, "the end of sessions", func() bool {
		reasons = r.log.ends()
		return len(reasons) >= n
	})
	return reasons
}

// share returns a descriptor of the socket that is the relay's.
func share(t *testing.T, socket net.Listener) (fd int) {
	t.Helper()
	control(t, socket.(syscall.Conn), func(its uintptr) error {
		var err error
		fd, err = unix.FcntlInt(its, unix.F_DUPFD_CLOEXEC, 0)
		return err
	})
	return fd
}

func control(t *testing.T, c syscall.Conn, f func(fd uintptr) error) {
	t.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = f(fd) }); err != nil {
		t.Fatal(err)
	}
	if failed != nil {
		t.Fatal(failed)
	}
}

func listen(t *testing.T) *net.TCPListener {
	t.Helper()
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
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

// logBook keeps what is logged, as JSON lines.
type logBook struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (b *logBook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// ends are the reasons of all sessions that have ended.
func (b *logBook) ends() (reasons []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for line := range bytes.Lines(b.text.Bytes()) {
		var l struct{ End string }
		if json.Unmarshal(line, &l) == nil && l.End != "" {
			reasons = append(reasons, l.End)
		}
	}
	return reasons
}
