package behaviour

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"weir/test/rig"
)

// A stage is one connection, direct or through weir, with both its ends in the test's hands.
type stage struct {
	t               *testing.T
	client, backend end
	seen            []string // in the order of the case
}

// An end is one side of a connection.
type end struct {
	name string
	*net.TCPConn
}

// note adds an observation.
func (s *stage) note(format string, args ...any) {
	s.seen = append(s.seen, fmt.Sprintf(format, args...))
}

// send writes, which must work.
func (s *stage) send(from end, text string) {
	s.t.Helper()
	if _, err := io.WriteString(from, text); err != nil {
		s.t.Fatalf("%s writes %q: %v", from.name, text, err)
	}
}

// gets reads so many bytes and notes them.
func (s *stage) gets(at end, n int) {
	s.t.Helper()
	buf := make([]byte, n)
	at.SetReadDeadline(time.Now().Add(rig.Patience))
	n, err := io.ReadFull(at, buf)
	if err != nil {
		s.t.Fatalf("%s reads %q, then: %v", at.name, buf[:n], err)
	}
	s.note("%s gets %q", at.name, buf)
}

// getsAll reads until there is no more, and notes how that ends.
func (s *stage) getsAll(at end) {
	s.t.Helper()
	at.SetReadDeadline(time.Now().Add(rig.Patience))
	text, err := io.ReadAll(at)
	s.note("%s gets %q, then %s", at.name, text, s.how(at, err))
}

// how names the end of a connection.
func (s *stage) how(at end, err error) string {
	s.t.Helper()
	switch {
	case err == nil:
		return "the end"
	case errors.Is(err, syscall.ECONNRESET):
		return "a reset"
	}
	s.t.Fatalf("%s: %v", at.name, err)
	return ""
}

// silent notes that nothing comes for a while.
func (s *stage) silent(at end, d time.Duration) {
	s.t.Helper()
	at.SetReadDeadline(time.Now().Add(d))
	n, err := at.Read(make([]byte, 1))
	if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		s.t.Fatalf("%s: got %d bytes and %v, want nothing for %v", at.name, n, err, d)
	}
	s.note("%s gets nothing", at.name)
}

// reset closes so that the other side sees a reset.
func (s *stage) reset(at end) {
	at.SetLinger(0)
	at.Close()
}

// backendSide accepts for a stage.
type backendSide struct {
	*net.TCPListener
	conns chan *net.TCPConn
}

func listen(t *testing.T) *backendSide {
	t.Helper()
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	b := &backendSide{ln, make(chan *net.TCPConn)}
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := ln.AcceptTCP()
			if err != nil {
				return
			}
			select {
			case b.conns <- conn:
			case <-over:
				conn.Close()
			}
		}
	}()
	t.Cleanup(func() {
		close(over)
		ln.Close()
		<-ended
	})
	return b
}

// play plays a case on a connection that is dialled at addr and arrives at the backend.
func (c behaviour) play(t *testing.T, b *backendSide, addr string) (seen []string) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{t: t, client: end{"client", conn.(*net.TCPConn)}}
	select {
	case arrived := <-b.conns:
		s.backend = end{"backend", arrived}
	case <-time.After(rig.Patience):
		t.Fatal("no connection arrives at the backend")
	}
	defer s.client.Close()
	defer s.backend.Close()
	done, helped := make(chan struct{}), make(chan struct{})
	defer func() { close(done); <-helped }()
	go func() {
		defer close(helped)
		b.resetOthers(done)
	}()
	c.acts(s)
	return s.seen
}

// resetOthers is for who connects again: weir tries a lone backend twice that resets a connection
// before it is known to stand.
func (b *backendSide) resetOthers(done <-chan struct{}) {
	for {
		select {
		case conn := <-b.conns:
			conn.SetLinger(0)
			conn.Close()
		case <-done:
			return
		}
	}
}
