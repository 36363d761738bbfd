// Package goroutine is the relay that works everywhere: two goroutines a session,
// one for each direction, which wait in the runtime's poller.
package goroutine

import (
	"context"
	"sync"
	"time"

	"weir/balance"
	"weir/proxy/session"
)

// A Relay joins clients to backends and moves their bytes.
type Relay struct {
	began   time.Time
	buffers bufferPool
	pipes   pipePool

	running sync.WaitGroup // one per goroutine of a session, and per timer that is set

	mu    sync.Mutex // guards following
	pairs map[*pair]struct{}
	ended int // pairs that have
}

// New returns a relay without sessions.
func New() *Relay { return &Relay{began: time.Now(), pairs: map[*pair]struct{}{}} }

// now is the time since the relay began.
func (r *Relay) now() time.Duration { return time.Since(r.began) }

// End resets, soon, all sessions that are joined to a backend. Those that join it later
// are reset then, while its Closed is set.
func (r *Relay) End(b *balance.Backend, reason session.EndReason) {
	r.mu.Lock()
	var joined []*pair
	for p := range r.pairs {
		if p.backend.Load() == b {
			joined = append(joined, p)
		}
	}
	r.mu.Unlock()
	for _, p := range joined {
		p.abort(reason)
	}
}

// Ended returns how many sessions have ended so far.
func (r *Relay) Ended() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ended
}

// Finish lets the sessions go on until they end or ctx does, resets those that are
// left and says how many. All of Serve have returned before it is called.
func (r *Relay) Finish(ctx context.Context, reason session.EndReason) (cut int) {
	done := make(chan struct{}) // closed when the last session's last goroutine has ended
	go func() {
		r.running.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
	r.mu.Lock()
	cut = len(r.pairs)
	for p := range r.pairs {
		p.abort(reason.Cause(ctx))
	}
	r.mu.Unlock()
	<-done
	return cut
}

// track takes up a session, in its first goroutine's name.
func (r *Relay) track(p *pair) {
	r.mu.Lock()
	r.pairs[p] = struct{}{}
	r.mu.Unlock()
	r.running.Add(1)
}

func (r *Relay) untrack(p *pair) {
	r.mu.Lock()
	delete(r.pairs, p)
	r.ended++
	r.mu.Unlock()
}
