package discovery

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

const (
	canaryEvery = 2 * time.Second // between two tries of a silent agent
	spread      = 2 * time.Second // over which all watches return
)

// A gate keeps the watches of one silent agent from all knocking at once: they
// wait at it, and take turns as the canary. The first answer lets all in
// (rule 18). Turns, because the silence may concern the canary's service only.
type gate struct {
	address string
	log     hclog.Logger
	turn    chan struct{} // cap 1, first come first served: who holds it is the canary

	mu       sync.Mutex    // guards following
	back     chan struct{} // nil while the agent answers; closed when it does again
	since    time.Time     // when back was made
	next     time.Time     // no canary before
	answered time.Time     // last answer to any watch
}

func newGate(address string, log hclog.Logger) *gate {
	g := &gate{address: address, log: log, turn: make(chan struct{}, 1)}
	g.turn <- struct{}{}
	return g
}

// A pass lets one request through; done must be called with its outcome.
type pass struct {
	gate   *gate
	canary bool
}

// enter returns at once while the agent answers. Else it waits for the agent's
// return or for a turn as canary; it fails only when ctx ends.
func (g *gate) enter(ctx context.Context) (pass, error) {
	g.mu.Lock()
	back := g.back
	g.mu.Unlock()
	if back == nil {
		return pass{gate: g}, nil
	}
	select {
	case <-back:
		return pass{gate: g}, sleep(ctx, rand.N(spread))
	case <-ctx.Done():
		return pass{}, ctx.Err()
	case <-g.turn:
	}
	g.mu.Lock()
	wait := time.Until(g.next)
	g.mu.Unlock()
	select {
	case <-back: // another watch's poll, under way all the time, was answered
		g.turn <- struct{}{}
		return pass{gate: g}, sleep(ctx, rand.N(spread))
	case <-ctx.Done():
		g.turn <- struct{}{}
		return pass{}, ctx.Err()
	case <-time.After(wait):
		return pass{gate: g, canary: true}, nil
	}
}

// done reports the outcome of the request that the pass was for.
func (p pass) done(err error) {
	if err == nil || !agentSilent(err) {
		p.gate.open()
	}
	if p.canary {
		p.gate.mu.Lock()
		p.gate.next = time.Now().Add(canaryEvery)
		p.gate.mu.Unlock()
		p.gate.turn <- struct{}{}
	}
}

// open notes an answer.
func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.answered = time.Now()
	if g.back == nil {
		return
	}
	close(g.back)
	g.back = nil
	g.log.Info("consul answers again", "address", g.address, "silent_for", time.Since(g.since).Round(time.Millisecond).String())
}

// shut makes the watches wait after a failed request and a failed retry. It
// reports false, and shuts nothing, when the agent has answered another watch
// since the time of the caller's first failure: then it isn't silent, and the
// failures concern one service only.
func (g *gate) shut(failing time.Time, err error) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.answered.After(failing) {
		return false
	}
	if g.back == nil {
		g.back = make(chan struct{})
		g.since = time.Now()
		g.next = g.since.Add(canaryEvery)
		g.log.Warn("consul is silent, the last known good sets stay", "address", g.address, "error", err)
	}
	return true
}
