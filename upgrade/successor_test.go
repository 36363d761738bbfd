package upgrade

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const patience = 20 * time.Second

// A stage is a process with a socket, that can be followed by another.
type stage struct {
	reaper *Reaper
	stderr *lines
	ln     *net.TCPListener
	socket Socket
}

// Lines is what new processes wrote.
type lines struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func newStage(t *testing.T) *stage {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	s := &stage{reaper: newReaper(false), stderr: &lines{}, ln: ln.(*net.TCPListener)}
	raw, err := s.ln.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) { s.socket, err = describe(int(fd)) })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { s.reaper.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return s
}

func (s *stage) begin(t *testing.T, role string, within time.Duration) *Successor {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	next, err := Start(s.reaper, Options{
		Path:    self,
		Env:     append(os.Environ(), roleEnv+"="+role, "LISTEN_FDS=3"),
		Sockets: []Socket{s.socket},
		Within:  within,
		Stderr:  s.stderr,
	})
	if err != nil {
		t.Fatal(err)
	}
	return next
}

// serving is a successor that has the service, and a client of it.
func (s *stage) serving(t *testing.T, role string) (*Successor, net.Conn, string) {
	t.Helper()
	next := s.begin(t, role, patience)
	t.Cleanup(next.Close)
	if err := next.Await(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := next.HandOver(t.Context()); err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", s.ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	b := make([]byte, 100)
	n, err := conn.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return next, conn, strings.TrimSpace(string(b[:n]))
}

func (s *stage) nonblocking(t *testing.T) bool {
	t.Helper()
	flags, err := unix.FcntlInt(uintptr(s.socket.FD), unix.F_GETFL, 0)
	if err != nil {
		t.Fatal(err)
	}
	return flags&syscall.O_NONBLOCK != 0
}

func TestHandOver(t *testing.T) {
	s := newStage(t)
	next, conn, answer := s.serving(t, "serve")
	if want := fmt.Sprintf("%d child of %d", next.PID(), os.Getpid()); answer != want {
		t.Errorf("got %q, want %q", answer, want)
	}
	if !s.nonblocking(t) {
		t.Error("the shared socket is blocking, which stops an event loop")
	}
	if got := s.stderr.String(); got != "getting ready\n" {
		t.Errorf("got %q by way of us, want only what was said before it served", got)
	}
	conn.Close() // now it ends
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	event, err := next.Next(ctx)
	if err != nil || event.Stop == nil || *event.Stop != 1500*time.Millisecond {
		t.Fatalf("got %+v, %v, want to be told to stop", event, err)
	}
	next.Drained()
	event, err = next.Next(ctx)
	if err != nil || event.Gone == nil || *event.Gone != (Exit{Code: 7}) {
		t.Fatalf("got %+v, %v, want it gone with 7", event, err)
	}
}

func TestSuccessorCrashes(t *testing.T) {
	s := newStage(t)
	next, conn, _ := s.serving(t, "serve and crash")
	conn.Close()
	event, err := next.Next(t.Context())
	if err != nil || event.Gone == nil || *event.Gone != (Exit{Code: 6, Crashed: true}) {
		t.Fatalf("got %+v, %v, want it gone with 6, without a word", event, err)
	}
}

// What fails leaves neither process nor descriptor.
func TestFailures(t *testing.T) {
	s := newStage(t)
	before := descriptors(t)
	for role, want := range map[string]string{
		"fail":        "failed: no luck",
		"fall silent": "wasn't ready within 200ms; its last words:\nhm",
	} {
		within := patience
		if role == "fall silent" {
			within = 200 * time.Millisecond
		}
		next := s.begin(t, role, within)
		err := next.Await(t.Context())
		if err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", role, err, want)
		}
		if err := syscall.Kill(next.PID(), 0); err != syscall.ESRCH {
			t.Errorf("%s: got %v, want no process", role, err)
		}
	}
	t.Run("breaks off", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		next := s.begin(t, "fall silent", patience)
		cancel()
		if err := next.Await(ctx); err != context.Canceled {
			t.Errorf("got %v, want that it was broken off", err)
		}
	})
	t.Run("ends as it takes over", func(t *testing.T) {
		next := s.begin(t, "serve, but say nothing", patience)
		if err := next.Await(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := next.HandOver(t.Context()); err == nil || !strings.Contains(err.Error(), "exit code 5") {
			t.Errorf("got %v, want its exit code", err)
		}
	})
	if after := descriptors(t); after != before {
		t.Errorf("got %d descriptors, had %d", after, before)
	}
	if !s.nonblocking(t) {
		t.Error("the shared socket is blocking")
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	fds, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(fds)
}
