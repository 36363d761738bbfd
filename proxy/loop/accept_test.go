//go:build linux && (amd64 || arm64)

package loop

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/sys/unix"

	"weir/proxy/session"
)

// A loop without a place isn't told of clients, and is told again when there is one.
func TestAcceptWaitsForAPlace(t *testing.T) {
	s := newSolo(t, session.Settings{MaxConnections: 2})
	socket := dup(t, s.listener)
	defer closeFD(socket)
	s.serve(-2, socket, s.front)
	var clients []net.Conn
	for range 4 {
		clients = append(clients, dialTo(t, s.listener))
	}
	for i := range 3 {
		if i > 0 {
			reset(clients[i-1])
		}
		want := uint64(2 + i)
		s.until(t, "the next client", func() bool { return s.front.Accepted.Load() == want })
		if i == 2 {
			dialTo(t, s.listener)
		}
		s.until(t, "the loop to rest", func() bool { return !s.told(t, socket) })
		if got, live := s.front.Accepted.Load(), s.live.Load(); got != want || live != 2 {
			t.Errorf("after %d have left: got %d accepted and %d live, want %d and 2", i, got, live, want)
		}
	}
	// Who is called when it has been shut finds nothing to do.
	a := s.acceptors[0]
	if missed := s.shut(-2); !missed {
		t.Error("it is shut without a place, want it said that a client may have been missed")
	}
	a.wake()
	s.work()
	if s.told(t, socket) {
		t.Error("it is told of clients after it was shut")
	}
}

// Where there is no waiting, nobody is turned away for a place that is free.
func TestAcceptWithoutWaiting(t *testing.T) {
	s := newSolo(t, session.Settings{MaxConnections: 1, WhenFull: session.Close})
	d := session.NewDoor(s.front)
	if !d.Open() {
		t.Fatal("got a closed door")
	}
	// Another loop's client takes and leaves the place between this one's accept and admit.
	if !s.front.Enter() {
		t.Fatal("a client that hasn't come has the place")
	}
	d.Nobody()
	s.front.Left()
	first, _, _ := s.join(t)
	dialTo(t, s.listener)
	socket := dup(t, s.listener)
	defer closeFD(socket)
	s.serve(-2, socket, s.front)
	s.until(t, "the second to be turned away", func() bool { return s.front.TooMany.Load() == 1 })
	if !s.told(t, socket) {
		t.Error("the loop rests, want it to turn others away")
	}
	reset(first)
	s.until(t, "the first to be gone", func() bool { return s.live.Load() == 0 })
	dialTo(t, s.listener)
	s.until(t, "the third to come in", func() bool { return s.live.Load() == 1 })
	s.shut(-2)
}

// A client that another loop serves has its place, and gives it back.
func TestPlaceOfAClientHandedOver(t *testing.T) {
	const most = 6
	r := startRigWith(t, session.Settings{MaxConnections: most, MaxConnectionsPerClient: most, WhenFull: session.Close}, listen(t))
	for range 3 {
		var clients []net.Conn
		for range most {
			client, _ := r.dial(t)
			clients = append(clients, client)
		}
		counts := map[int64]bool{}
		r.inside(func(l *loop) { counts[l.live.Load()] = true })
		if counts[0] {
			t.Error("a loop has no session: this test shows nothing")
		}
		conn, err := net.Dial("tcp", r.socket.(net.Listener).Addr().String())
		if err == nil {
			_, err = conn.Read(make([]byte, 1))
			conn.Close()
		}
		if !isReset(err) {
			t.Errorf("one too many: got %v, want a reset", err)
		}
		for _, client := range clients {
			reset(client)
		}
		until(t, "all to be gone", func() bool { return r.live() == 0 })
	}
}

// Those who wait for a place in the queue of a socket that is closed are served: to close
// it would reset them.
func TestDrainTakesThoseWhoWait(t *testing.T) {
	r := startRigWith(t, session.Settings{MaxConnections: 1}, listen(t))
	r.dial(t)
	var waiting []*net.TCPConn
	for i := range 5 {
		client := r.knock(t)
		fmt.Fprint(client, i)
		waiting = append(waiting, client)
	}
	until(t, "a loop without a place", func() bool { return r.full() > 0 })
	r.close()
	for range waiting {
		backend := r.joined(t)
		if _, err := backend.Read(make([]byte, 1)); err != nil {
			t.Error(err)
		}
	}
}

// While descriptors are short, a queue that is to be closed is tried again, but an empty
// one isn't waited for.
func TestDrainWithoutDescriptors(t *testing.T) {
	s := newSolo(t, session.Settings{})
	var log bytes.Buffer
	front := session.NewFront("front", s.service, session.Settings{}, nil, hclog.New(&hclog.LoggerOptions{Output: &log}))
	socket := dup(t, s.listener)
	defer closeFD(socket)
	unix.SetNonblock(int(socket), true)
	limit := func(n uint64) { limitDescriptors(t, n) }
	limit(3)
	drain(s.group, socket, front, mostQueued)
	if log.Len() > 0 {
		t.Errorf("an empty queue was waited for: %s", log.String())
	}
	limit(20_000)
	dialTo(t, s.listener)
	limit(3)
	later := time.AfterFunc(20*time.Millisecond, func() { limit(20_000) })
	defer later.Stop()
	drain(s.group, socket, front, mostQueued)
	if got := front.Accepted.Load(); got != 1 || log.Len() == 0 {
		t.Errorf("got %d accepted when there were descriptors again, want 1 after some trouble: %s", got, log.String())
	}
	s.work()
}

// limitDescriptors bounds those of the test's process, until it is over.
func limitDescriptors(t *testing.T, n uint64) {
	t.Helper()
	limit := func(n uint64) error {
		return unix.Prlimit(0, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: n, Max: 20_000}, nil)
	}
	if err := limit(n); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { limit(20_000) })
}

// told reports whether the loop is told of a descriptor's events.
func (l *loop) told(t *testing.T, fd int32) bool {
	t.Helper()
	info, err := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", l.epoll))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(info)) {
		var n int32
		if _, err := fmt.Sscanf(line, "tfd: %d", &n); err == nil && n == fd {
			return true
		}
	}
	return false
}
