//go:build linux && (amd64 || arm64)

package loop

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"weir/balance"
	"weir/proxy/session"
)

// A solo is a loop that the test runs itself, turn by turn, so that time passes when the
// test says. It has a backend, the test's own.
type solo struct {
	*loop
	front    *session.Front
	service  *session.Service
	pool     *balance.Pool
	backend  *net.TCPListener
	listener *net.TCPListener // for the client's side
}

func newSolo(t *testing.T, settings session.Settings) *solo {
	t.Helper()
	l, err := newLoop()
	if err != nil {
		t.Fatal(err)
	}
	s := &solo{loop: l, backend: listen(t), listener: listen(t), pool: balance.NewPool(nil)}
	s.service = &session.Service{Name: "web", Pool: s.pool, ConnectTimeout: patience}
	s.front = session.NewFront("front", s.service, settings, nil, hclog.NewNullLogger())
	l.group = []*loop{l}
	s.backends(addrOf(s.backend))
	t.Cleanup(func() {
		l.cut(session.Shutdown)
		if got := l.live.Load(); got != 0 {
			t.Errorf("got %d sessions live after all were cut", got)
		}
		l.pipes.close()
		l.poller.close()
		s.backend.Close()
		s.listener.Close()
	})
	return s
}

// backends makes these the eligible ones.
func (s *solo) backends(addrs ...netip.AddrPort) {
	var members []balance.Member
	for _, addr := range addrs {
		members = append(members, balance.Member{Name: "node/" + addr.String(), Addr: addr, CatalogWeight: 1})
	}
	s.pool.Update(members, balance.Admission{Rule: balance.Catalog})
}

// begin has a client come.
func (s *solo) begin(t *testing.T, first string) (client *net.TCPConn, c *conn) {
	t.Helper()
	client = dialTo(t, s.listener).(*net.TCPConn)
	if _, err := client.Write([]byte(first)); err != nil {
		t.Fatal(err)
	}
	accepted, err := s.listener.AcceptTCP()
	if err != nil {
		t.Fatal(err)
	}
	defer accepted.Close()
	fd := dup(t, accepted)
	d := session.NewDoor(s.front)
	if !d.Open() {
		t.Fatal("there is no room")
	}
	a, ok := admit(&d, fd, client.LocalAddr().(*net.TCPAddr).AddrPort())
	if !ok {
		t.Fatal("it is not admitted")
	}
	s.loop.count()
	s.loop.begin(a)
	if side := s.sides[fd]; side != nil {
		c = side.conn
	}
	return client, c
}

// join has a client come, and returns both ends of the session.
func (s *solo) join(t *testing.T) (client, backend *net.TCPConn, c *conn) {
	t.Helper()
	client, c = s.begin(t, "hello")
	backend = s.accept(t)
	s.expect(t, backend, "hello")
	return client, backend, c
}

func (s *solo) accept(t *testing.T) *net.TCPConn {
	t.Helper()
	s.backend.SetDeadline(time.Now().Add(patience))
	conn, err := s.backend.AcceptTCP()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// work is a turn of the loop, but for time.
func (s *solo) work() {
	events := s.poll(0)
	for i := range events {
		s.dispatch(&events[i], 1)
	}
	s.readMail()
	s.takeTurns()
}

// after lets time pass, in which nothing happens.
func (s *solo) after(d time.Duration) {
	s.began = s.began.Add(-d)
	s.readClock()
	s.advance(s.loop)
}

// expect works until exactly these bytes have come to a side.
func (s *solo) expect(t *testing.T, at *net.TCPConn, want string) {
	t.Helper()
	got := make([]byte, 0, len(want))
	for deadline := time.Now().Add(patience); len(got) < len(want); {
		s.work()
		at.SetReadDeadline(time.Now().Add(time.Millisecond))
		n, err := at.Read(got[len(got):cap(got)])
		got = got[:len(got)+n]
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) || time.Now().After(deadline) {
			t.Fatalf("got %q and %v, want %q", got, err, want)
		}
	}
	if string(got) != want {
		t.Fatalf("got %q, want %q", got, want)
	}
}

// until works until ok.
func (s *solo) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	until(t, what, func() bool { s.work(); return ok() })
}

// ended checks that a session has ended so, with a reset for those who are there.
func (s *solo) ended(t *testing.T, c *conn, want session.EndReason, sides ...*net.TCPConn) {
	t.Helper()
	if c.born != 0 || c.reason != want {
		t.Errorf("got reason %q, over: %v; want it over for %q", c.reason, c.born == 0, want)
	}
	for _, side := range sides {
		side.SetReadDeadline(time.Now().Add(patience))
		if _, err := io.Copy(io.Discard, side); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%v: got %v, want %v", side.LocalAddr(), err, syscall.ECONNRESET)
		}
	}
	if got := s.live.Load(); got != 0 {
		t.Errorf("got %d sessions live, want none", got)
	}
}

// dup returns a descriptor of its own for a socket.
func dup(t *testing.T, conn syscall.Conn) int32 {
	t.Helper()
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var fd int
	raw.Control(func(own uintptr) { fd, err = syscall.Dup(int(own)) })
	if err != nil {
		t.Fatal(err)
	}
	return int32(fd)
}

func addrOf(ln *net.TCPListener) netip.AddrPort { return ln.Addr().(*net.TCPAddr).AddrPort() }
