package main

import (
	"context"
	"sync"
	"time"

	"weir/config"
	"weir/proxy/session"
)

// A patience is a context that ends after a time which may be cut short meanwhile.
type patience struct {
	context.Context
	end context.CancelCauseFunc

	mu    sync.Mutex // guards following
	timer *time.Timer
	until time.Time // zero: for ever
}

// newPatience ends with ctx at the latest.
func newPatience(ctx context.Context) *patience {
	p := &patience{}
	p.Context, p.end = context.WithCancelCause(ctx)
	return p
}

// within lets it end after d for that reason, unless that is later than it would anyway. It may be
// config.Forever.
func (p *patience) within(d time.Duration, r session.EndReason) {
	if d == config.Forever {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	until := time.Now().Add(d)
	if !p.until.IsZero() && until.After(p.until) {
		return
	}
	if p.timer != nil {
		p.timer.Stop()
	}
	p.until = until
	if d <= 0 {
		p.end(r) // now, not soon
		return
	}
	p.timer = time.AfterFunc(d, func() { p.end(r) })
}

// stop releases its timer.
func (p *patience) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timer != nil {
		p.timer.Stop()
	}
	p.end(nil)
}

// spell is a time as the configuration has it.
func spell(d time.Duration) string {
	if d == config.Forever {
		return "forever"
	}
	return d.String()
}
