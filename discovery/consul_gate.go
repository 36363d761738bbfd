package discovery

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

// maxSpread is the longest time over which the watches of a datacenter return to it, each
// adding spreadEach: few need not be spread (rule 18).
const (
	maxSpread  = 2 * time.Second
	spreadEach = 10 * time.Millisecond
)

// errRenewed breaks off a request of a datacenter that fell silent, or with credentials that are
// no longer the newest: its connection may be dead without anybody knowing.
var errRenewed = errors.New("the request is asked anew")

// A gate keeps the watches of one datacenter from all knocking while it is silent. Its pulse
// shuts it and opens it; a return lets the watches in one by one (rule 18).
type gate struct {
	log hclog.Logger

	mu      sync.Mutex    // guards following
	watches int           // that use the gate
	back    chan struct{} // nil while the gate is open; closed when it opens
	since   time.Time     // when back was made
	era     context.Context
	end     context.CancelCauseFunc // of era
}

func newGate(log hclog.Logger) *gate {
	g := &gate{log: log}
	g.era, g.end = context.WithCancelCause(context.Background())
	return g
}

// add counts a watch that comes or, with -1, goes.
func (g *gate) add(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.watches += n
}

// enter returns at once while the gate is open. Else it waits until it opens, and a part of the
// spread, and reports so; it fails only when ctx ends.
func (g *gate) enter(ctx context.Context) (waited bool, err error) {
	g.mu.Lock()
	back := g.back
	g.mu.Unlock()
	if back == nil {
		return false, nil
	}
	select {
	case <-back:
		return true, g.disperse(ctx)
	case <-ctx.Done():
		return true, ctx.Err()
	}
}

// disperse waits for a random part of the spread.
func (g *gate) disperse(ctx context.Context) error {
	g.mu.Lock()
	spread := min(maxSpread, time.Duration(g.watches)*spreadEach)
	g.mu.Unlock()
	return sleep(ctx, rand.N(spread+1))
}

// waryPoll is how long a poll may wait while the agent's stream isn't trusted.
func (g *gate) waryPoll() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return max(waryPoll, time.Duration(g.watches)*waryEach)
}

// within returns a context for one request, which ends with errRenewed as its cause when the
// request is to be asked anew.
func (g *gate) within(ctx context.Context) (context.Context, context.CancelFunc) {
	g.mu.Lock()
	era := g.era
	g.mu.Unlock()
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(era, func() { cancel(context.Cause(era)) })
	return ctx, func() {
		stop()
		cancel(nil)
	}
}

// renew ends the requests that are under way, and the pauses of watches in trouble.
func (g *gate) renew() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.renewLocked()
}

func (g *gate) renewLocked() {
	g.end(errRenewed)
	g.era, g.end = context.WithCancelCause(context.Background())
}

// shut makes the watches wait. What they have under way would hold what others need.
func (g *gate) shut(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.back != nil {
		return
	}
	g.back = make(chan struct{})
	g.since = time.Now()
	g.renewLocked()
	g.log.Warn("consul is silent, the last known good sets stay", "error", err)
}

// open lets all in.
func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.back == nil {
		return
	}
	close(g.back)
	g.back = nil
	g.log.Info("consul answers again", "silent_for", time.Since(g.since).Round(time.Millisecond).String())
}
