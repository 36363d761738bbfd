//go:build linux && (amd64 || arm64)

package loop

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"weir/balance"
	"weir/proxy/session"
)

// A Relay is all loops of a process.
type Relay struct {
	size int // in loops

	mu        sync.Mutex // guards following
	loops     []*loop    // from the first Serve on
	acceptors int32      // so far
}

// New returns a relay with a loop for each processor that Go may use now. They start
// with the first Serve.
func New() *Relay { return &Relay{size: runtime.GOMAXPROCS(0)} }

// start returns the loops, and runs them if they don't run yet.
func (r *Relay) start() ([]*loop, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.loops != nil {
		return r.loops, nil
	}
	loops := make([]*loop, r.size)
	for i := range loops {
		l, err := newLoop()
		if err != nil {
			for _, l := range loops[:i] {
				l.poller.close()
			}
			return nil, err
		}
		loops[i] = l
	}
	for _, l := range loops {
		l.group = loops
		go l.run()
	}
	r.loops = loops
	return loops, nil
}

// Serve takes connections from a prepared listening socket, which is the relay's from
// now on, until ctx ends; then those that wait in its queue, unless the cause is
// session.ErrHandedOver, and closes it. Other holders of the same socket, here or in
// another process, notice nothing.
func (r *Relay) Serve(ctx context.Context, socket int, f *session.Front) error {
	defer closeFD(int32(socket))
	loops, err := r.start()
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.acceptors++
	id := -1 - r.acceptors
	r.mu.Unlock()
	each(loops, func(l *loop) { l.serve(id, int32(socket), f) })
	<-ctx.Done()
	var missed atomic.Int32
	each(loops, func(l *loop) {
		if l.shut(id) {
			missed.Add(1)
		}
	})
	most := mostQueued
	if context.Cause(ctx) == session.ErrHandedOver {
		most = int(missed.Load()) // the others would learn of these with the next client
	}
	drain(loops, int32(socket), f, most)
	return nil
}

// each runs f on all loops and returns when it has, which is never once they have stopped.
func each(loops []*loop, f func(*loop)) {
	var done sync.WaitGroup
	for _, l := range loops {
		done.Add(1)
		l.do(func(l *loop) {
			f(l)
			done.Done()
		})
	}
	done.Wait()
}

// End resets, soon, all sessions that are joined to a backend, unless it is back by then.
func (r *Relay) End(b *balance.Backend, reason session.EndReason) {
	r.mu.Lock()
	loops := r.loops
	r.mu.Unlock()
	for _, l := range loops {
		l.do(func(l *loop) {
			if b.Closed.Load() { // else sessions may have joined it since
				l.reset(reason, func(c *conn) bool { return c.backend == b })
			}
		})
	}
}

// Ended returns how many sessions have ended so far.
func (r *Relay) Ended() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.loops {
		n += int(l.ended.Load())
	}
	return n
}

// Finish lets the sessions go on until they end or ctx does, resets those that are
// left and says how many. All of Serve have returned before it is called.
func (r *Relay) Finish(ctx context.Context, reason session.EndReason) (cut int) {
	r.mu.Lock()
	loops := r.loops
	r.mu.Unlock()
	for _, l := range loops {
		l.do(func(l *loop) { l.stop = true })
	}
	for _, l := range loops {
		select {
		case <-l.stopped:
		case <-ctx.Done():
		}
	}
	if ctx.Err() == nil {
		return 0
	}
	counts := make([]int, len(loops))
	for i, l := range loops {
		l.do(func(l *loop) {
			counts[i] = int(l.live.Load())
			l.cut(reason.Cause(ctx))
		})
	}
	for i, l := range loops {
		<-l.stopped
		cut += counts[i]
	}
	return cut
}
