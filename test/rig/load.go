package rig

import (
	"context"
	"sync"
	"testing"
	"time"
)

// A Load makes new connections at a steady rate.
type Load struct {
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu      sync.Mutex // guards following
	results []Result
}

// StartLoad begins, and goes on until Stop or the test's end.
func StartLoad(t testing.TB, addr string, perSecond int) *Load {
	ctx, cancel := context.WithCancel(t.Context())
	l := &Load{cancel: cancel}
	l.running.Go(func() {
		tick := time.NewTicker(time.Second / time.Duration(perSecond))
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			l.running.Go(func() {
				r := Get(context.WithoutCancel(ctx), addr)
				l.mu.Lock()
				l.results = append(l.results, r)
				l.mu.Unlock()
			})
		}
	})
	t.Cleanup(func() { l.Stop() })
	return l
}

// Stop returns all results, those of connections under way included.
func (l *Load) Stop() []Result {
	l.cancel()
	l.running.Wait()
	return l.results
}
