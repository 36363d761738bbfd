package discovery

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

const (
	// An agent allows 200 connections per client address, those of other programs included, so
	// that reads at index 0 and polls share this many (rule 17). With HTTP/2, over TLS, all
	// requests share one connection.
	maxConnections = 120
	// With more watches than connections a poll is short, so that a watch without a connection
	// waits for its turn about this long; longer with more than 350.
	turnDelay = 5 * time.Second
	minPoll   = 2 * time.Second
	// A connection that the agent refused (429) is given up for this time.
	retireFor = time.Minute
)

// turns share the connections that an agent allows for polls among the watches.
type turns struct {
	slots chan struct{} // holds one token per poll under way; nil: no limit
	log   hclog.Logger

	mu      sync.Mutex // guards following
	watches int
	told    bool // that they take turns
	warned  bool // of refusals
	retired int  // of the slots
	refused int  // of the retired, how many are still in use
}

// newTurns returns turns for so many polls at once, 0 for any number.
func newTurns(polls int, log hclog.Logger) *turns {
	t := &turns{log: log}
	if polls > 0 {
		t.slots = make(chan struct{}, polls)
	}
	return t
}

// add counts a watch that comes or, with -1, goes.
func (t *turns) add(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.watches += n
	if t.slots != nil && t.watches > cap(t.slots) && !t.told {
		t.told = true
		t.log.Warn("more watches than connections to consul, they take turns", "watches", t.watches, "at_once", cap(t.slots),
			"hint", "over https all watches share one connection")
	}
}

// poll is how long a poll may wait.
func (t *turns) poll() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	slots := cap(t.slots) - t.retired
	waiting := t.watches - slots
	if t.slots == nil || waiting <= 0 {
		return pollWait
	}
	return min(pollWait, max(minPoll, turnDelay*time.Duration(slots)/time.Duration(waiting)))
}

// take waits for a connection to be free, first come, first served. It fails, with the cause,
// only when ctx ends.
func (t *turns) take(ctx context.Context) error {
	if t.slots == nil {
		return context.Cause(ctx)
	}
	select {
	case t.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// give ends what take began, unless a connection is to be given up.
func (t *turns) give() {
	if t.slots == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.refused == 0 {
		<-t.slots // never blocks: it holds the caller's
		return
	}
	t.refused--
	time.AfterFunc(retireFor, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.retired--
		<-t.slots
	})
}

// refuse has a connection given up for a while, because the agent has refused one; as long as a
// quarter of them is left.
func (t *turns) refuse() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.warned {
		t.warned = true
		t.log.Warn("consul refuses requests (429), there are fewer at once from now on", "hint", "raise http_max_conns_per_client, or use https")
	}
	if 4*(t.retired+1) <= 3*cap(t.slots) {
		t.retired++
		t.refused++
	}
}
