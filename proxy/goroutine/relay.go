// Package goroutine is the relay that works everywhere: two goroutines a session,
// one for each direction, on the net package's connections.
package goroutine

import (
	"context"
	"sync"

	"weir/balance"
	"weir/proxy/session"
)

// A Relay joins clients to backends and moves their bytes.
type Relay struct {
	buffers bufferPool
	pipes   pipePool

	dialing context.Context // ends when sessions are cut
	cut     context.CancelFunc

	running sync.WaitGroup // one per goroutine of a session

	mu    sync.Mutex // guards following
	pairs map[*pair]struct{}
	ended int // pairs that have
}

// New returns a relay without sessions.
func New() *Relay {
	ctx, cancel := context.WithCancel(context.Background())
	return &Relay{dialing: ctx, cut: cancel, pairs: map[*pair]struct{}{}}
}

// End resets, soon, all sessions that are joined to a backend.
func (r *Relay) End(b *balance.Backend, reason session.EndReason) {
	// TODO(D)
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
	r.cut()
	r.mu.Lock()
	cut = len(r.pairs)
	for p := range r.pairs {
		p.abort(reason)
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
