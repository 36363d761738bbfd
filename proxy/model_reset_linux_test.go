package proxy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/proxy/session"
)

// A part is what one side does until one of the two is reset.
type part struct {
	sends  int64 // bytes
	ends   bool  // its half, after them
	reads  int64 // bytes, then it stalls,
	stalls time.Duration
}

const (
	forever = 1 << 40
	patient = time.Hour // stalls for good
)

// A resetScript ends when one side has moved so many bytes, or nothing moves.
type resetScript struct {
	name    string
	resets  int     // 0 is the client, 1 the backend
	parts   [2]part // of the side that resets, and of the one that learns of it
	atBytes int64
}

// newResetScript returns a script for each seed. The first ones have all kinds.
func newResetScript(seed uint64) *resetScript {
	r := rand.New(rand.NewPCG(seed, 3))
	some := func() int64 { return []int64{0, r.Int64N(100), r.Int64N(3 * bulkSize)}[r.IntN(3)] }
	says := func() part { return part{sends: some(), reads: forever} }
	ends := func() part { return part{sends: some(), ends: true, reads: forever} }
	streams := part{sends: forever, reads: forever}
	deaf := func(p part) part { p.reads, p.stalls = some(), patient; return p }
	soon := r.Int64N(64 * bulkSize)
	s := &resetScript{name: "anything", resets: r.IntN(2), atBytes: soon}
	for i := range s.parts {
		s.parts[i] = []part{says(), streams, deaf(says()), deaf(streams)}[r.IntN(4)]
		if r.IntN(2) == 0 {
			s.parts[i].reads, s.parts[i].stalls = some(), time.Duration(r.IntN(50))*time.Millisecond
		}
	}
	kinds := []resetScript{
		*s,
		{"at rest", 0, [2]part{says(), says()}, forever},
		{"amid its stream", 0, [2]part{streams, says()}, soon},
		{"amid the other's stream", 0, [2]part{says(), streams}, soon},
		{"amid both streams", 0, [2]part{streams, streams}, soon},
		{"its stream held back", 0, [2]part{streams, deaf(says())}, forever},
		{"the other's stream held back", 0, [2]part{deaf(says()), streams}, forever},
		{"both streams held back", 0, [2]part{deaf(streams), deaf(streams)}, forever},
		{"after its end", 0, [2]part{ends(), says()}, forever},
		{"after its end, which is held back", 0, [2]part{{sends: 64 << 20, ends: true, reads: forever}, deaf(says())}, forever},
		{"after its end, amid the other's stream", 0, [2]part{ends(), streams}, soon},
		{"after its end, the other's stream held back", 0, [2]part{deaf(ends()), streams}, forever},
		{"after the other's end", 0, [2]part{says(), ends()}, forever},
		{"after the other's end, amid its stream", 0, [2]part{streams, ends()}, soon},
		{"after the other's end, its stream held back", 0, [2]part{streams, deaf(ends())}, forever},
	}
	if k := seed % uint64(len(kinds)); k > 0 {
		s = &kinds[k]
		s.resets = int(seed/uint64(len(kinds))) % 2
	}
	return s
}

// A player is one side at play.
type player struct {
	part
	conn         *net.TCPConn
	stream, hear uint64 // seeds of what it sends and of what it should get
	quit         chan struct{}

	sent, got        atomic.Int64
	ended            atomic.Bool
	sendErr, readErr error // valid after done
	wrong            error // what it got is not what was sent
	running          sync.WaitGroup
}

func (p *player) start() {
	p.running.Go(p.send)
	p.running.Go(p.read)
}

func (p *player) send() {
	in, buf := noise(p.stream, p.sends), make([]byte, 48<<10)
	for {
		n, err := in.Read(buf)
		if err != nil {
			break
		}
		n, err = p.conn.Write(buf[:n])
		p.sent.Add(int64(n))
		if err != nil {
			p.sendErr = err
			return
		}
	}
	if p.ends {
		p.conn.CloseWrite()
		p.ended.Store(true)
	}
}

func (p *player) read() {
	want, buf := noise(p.hear, forever), make([]byte, 48<<10)
	should := make([]byte, len(buf))
	for {
		if p.stalls > 0 && p.got.Load() >= p.reads {
			select {
			case <-p.quit:
				return
			case <-time.After(p.stalls):
				p.stalls = 0
			}
		}
		n, err := p.conn.Read(buf)
		io.ReadFull(want, should[:n])
		if !bytes.Equal(buf[:n], should[:n]) {
			p.wrong = fmt.Errorf("of bytes %d to %d some are wrong", p.got.Load(), p.got.Load()+int64(n))
			return
		}
		p.got.Add(int64(n))
		if err != nil {
			p.readErr = err
			return
		}
	}
}

// play plays until the reset, and returns how long the other side took to learn of it,
// or that it didn't.
func (s *resetScript) play(resets, learns *player) (took time.Duration, err error) {
	const quiet = 50 * time.Millisecond // long enough for what isn't held back
	resets.start()
	learns.start()
	for moved, since := int64(-1), time.Now(); time.Since(since) < quiet; time.Sleep(time.Millisecond) {
		now := resets.sent.Load() + resets.got.Load() + learns.sent.Load() + learns.got.Load()
		if now >= s.atBytes {
			break
		}
		if now != moved {
			moved, since = now, time.Now()
		}
	}
	began := time.Now()
	reset(resets.conn)
	learnt := hungUp(learns.conn, patience)
	took = time.Since(began)
	learns.conn.SetDeadline(time.Now().Add(patience)) // also if it didn't learn
	close(resets.quit)
	close(learns.quit)
	resets.running.Wait()
	learns.running.Wait()
	if !learnt {
		return took, fmt.Errorf("not told of the reset after %v", patience)
	}
	return took, errors.Join(resets.wrong, learns.wrong)
}

// hungUp waits until a connection is reset, and touches it in no other way.
func hungUp(conn *net.TCPConn, most time.Duration) (yes bool) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return false
	}
	for deadline := time.Now().Add(most); !yes && time.Now().Before(deadline); {
		raw.Control(func(fd uintptr) {
			fds := []unix.PollFd{{Fd: int32(fd)}}
			n, _ := unix.Poll(fds, 1000)
			yes = n > 0
		})
	}
	return yes
}

// check returns what the side that was not reset had no right to see.
func (p *player) check(other *player) error {
	if p.sendErr != nil && !lost(p.sendErr) {
		return fmt.Errorf("its write got %v, want a reset", p.sendErr)
	}
	whole := other.ended.Load() && p.got.Load() == other.sent.Load()
	switch err := p.readErr; {
	case err == nil, errors.Is(err, syscall.ECONNRESET), whole && (err == io.EOF || lost(err)):
	case err == io.EOF && p.sendErr != nil: // the kernel tells one only
	default:
		return fmt.Errorf("its read got %v after %d bytes of %d, want a reset", err, p.got.Load(), other.sent.Load())
	}
	if p.got.Load() > other.sent.Load() {
		return fmt.Errorf("got %d bytes of %d", p.got.Load(), other.sent.Load())
	}
	return nil
}

// After a reset by one side the other holds a part of what was sent, from its start, is
// told within a second whatever it does, and nothing stays.
func FuzzRelayResets(f *testing.F) {
	for seed := range uint64(2 * 15) {
		f.Add(seed)
	}
	limit := 2 * time.Second // the second that was promised, and one for a busy machine
	if raceEnabled {
		limit = 5 * time.Second
	}
	var longest atomic.Int64
	f.Cleanup(func() { f.Logf("the longest that a reset took was %v", time.Duration(longest.Load())) })
	f.Fuzz(func(t *testing.T, seed uint64) {
		s := newResetScript(seed)
		o, conns := accepting(t)
		r := startRig(t, o.addr)
		sides := [2]*player{{conn: r.dial(t), stream: 2 * seed, hear: 2*seed + 1}, {conn: <-conns, stream: 2*seed + 1, hear: 2 * seed}}
		resets, learns := sides[s.resets], sides[1-s.resets]
		before := socketsOf(t, "self") - 4 // the two here, and two of the relay
		for i, p := range []*player{resets, learns} {
			p.part, p.quit = s.parts[i], make(chan struct{})
		}
		took, err := s.play(resets, learns)
		if err := errors.Join(err, learns.check(resets)); err != nil {
			t.Errorf("%s, by side %d: %v", s.name, s.resets, err)
		}
		if took > limit {
			t.Errorf("%s, by side %d: the other side was told after %v, want a second at most", s.name, s.resets, took)
		}
		longest.Store(max(longest.Load(), int64(took)))
		t.Logf("%s, by side %d: took %v; sent %d and got %d, sent %d and got %d", s.name, s.resets, took,
			resets.sent.Load(), resets.got.Load(), learns.sent.Load(), learns.got.Load())

		l := r.finished(t, 1)[0]
		if want := []session.EndReason{session.ClientReset, session.BackendReset}[s.resets]; l["end"] != string(want) {
			t.Errorf("%s: got end %v, want %v", s.name, l["end"], want)
		}
		for key, pass := range map[string][2]*player{"bytes_up": {sides[0], sides[1]}, "bytes_down": {sides[1], sides[0]}} {
			if got := int64(l[key].(float64)); got < pass[1].got.Load() || got > pass[0].sent.Load() {
				t.Errorf("%s: got %s %d, want from %d to %d", s.name, key, got, pass[1].got.Load(), pass[0].sent.Load())
			}
		}
		if got := r.backends[0].Active.Load(); got != 0 {
			t.Errorf("%s: got %d active connections, want 0", s.name, got)
		}
		learns.conn.Close()
		until(t, "both connections to be gone", func() bool { return socketsOf(t, "self") == before })
	})
}
