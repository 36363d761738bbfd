package proxy

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"weir/proxy/session"
)

// A step is one side's write, of how many bytes and when.
type step struct {
	size  int
	after int64         // bytes that must have arrived from the other side before
	pause time.Duration // of this side's reader, meanwhile
}

// A script is what both sides of a connection do. It can be played to its end:
// its steps come from one sequence, in which each waits for earlier ones only.
type script struct {
	steps   [2][]step // client's, backend's
	endLast [2]bool   // ends its half only after the other's end
}

func newScript(seed uint64) *script {
	r := rand.New(rand.NewPCG(seed, 2))
	s := new(script)
	var sent [2]int64
	for range r.IntN(40) {
		side := r.IntN(2)
		st := step{size: 1 + r.IntN(100)}
		switch r.IntN(8) {
		case 0:
			st.size = bufferSize + r.IntN(3) - 1
		case 1:
			st.size = r.IntN(12 * bufferSize)
		case 2:
			st.size = r.IntN(3 << 20)
		}
		if r.IntN(2) == 0 {
			st.after = sent[1-side]
		}
		if r.IntN(6) == 0 {
			st.pause = time.Duration(r.IntN(3000)) * time.Microsecond
		}
		if r.IntN(200) == 0 {
			st.pause = 300 * time.Millisecond // a stall, longer than a relay waits before it looks what is wrong
		}
		sent[side] += int64(st.size)
		s.steps[side] = append(s.steps[side], st)
	}
	if last := r.IntN(3); last < 2 {
		s.endLast[last] = true
	}
	return s
}

// play plays one side, and returns what it got and how that ended.
func (s *script) play(conn *net.TCPConn, side int, seed uint64) (got digest, err error) {
	conn.SetDeadline(time.Now().Add(patience))
	var mu sync.Mutex // guards following
	arrived, pause, ended := int64(0), time.Duration(0), false
	moved := sync.NewCond(&mu)
	var g errgroup.Group
	g.Go(func() error {
		m, buf := newMeter(), make([]byte, 48<<10)
		r := rand.New(rand.NewPCG(seed, uint64(side)))
		for {
			n, err := conn.Read(buf[:1+r.IntN(len(buf))])
			m.Write(buf[:n])
			mu.Lock()
			arrived += int64(n)
			ended = err != nil
			rest := pause
			pause = 0
			moved.Broadcast()
			mu.Unlock()
			if err != nil {
				got = m.digest()
				if err.Error() != "EOF" {
					return err
				}
				return nil
			}
			time.Sleep(rest)
		}
	})
	g.Go(func() error {
		r := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(side)})
		for i, st := range s.steps[side] {
			mu.Lock()
			for arrived < st.after && !ended {
				moved.Wait()
			}
			pause = st.pause
			missing := st.after - arrived
			mu.Unlock()
			if missing > 0 {
				return fmt.Errorf("step %d: the other side ended %d bytes early", i, missing)
			}
			buf := make([]byte, st.size)
			r.Read(buf)
			if _, err := conn.Write(buf); err != nil {
				return err
			}
		}
		mu.Lock()
		for s.endLast[side] && !ended {
			moved.Wait()
		}
		mu.Unlock()
		return conn.CloseWrite()
	})
	err = g.Wait()
	return got, err
}

// playBoth plays a script over a connection.
func (s *script) playBoth(client, backend *net.TCPConn, seed uint64) (got [2]digest, err error) {
	var errs [2]error
	var wg sync.WaitGroup
	for side, conn := range []*net.TCPConn{client, backend} {
		wg.Go(func() { got[side], errs[side] = s.play(conn, side, seed) })
	}
	wg.Wait()
	return got, errors.Join(errs[0], errs[1])
}

// Through the proxy both sides see what they would see without it.
func FuzzRelay(f *testing.F) {
	for seed := range uint64(30) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		o, conns := accepting(t)
		r := startRig(t, o.addr)
		s := newScript(seed)
		direct, err := net.Dial("tcp", o.addr.String())
		if err != nil {
			t.Fatal(err)
		}
		defer direct.Close()
		want, err := s.playBoth(direct.(*net.TCPConn), <-conns, seed)
		if err != nil {
			t.Fatalf("without the proxy: %v", err)
		}
		got, err := s.playBoth(r.dial(t), <-conns, seed)
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		l := r.finished(t, 1)[0]
		if up, down := float64(want[1].length), float64(want[0].length); l["bytes_up"] != up || l["bytes_down"] != down || l["end"] != string(session.Complete) {
			t.Errorf("got %v up, %v down, end %v, want %v, %v, %v", l["bytes_up"], l["bytes_down"], l["end"], up, down, session.Complete)
		}
	})
}
