package discovery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/consul/api"
)

// A site is one datacenter as the agent reaches it. Each may be silent while others answer.
type site struct {
	datacenter string
	gate       *gate
	pulse      *pulse
	loads      chan struct{} // holds one token per index-0 read under way
	trouble    troubled

	watches int             // that have joined and not left; guarded by Consul.mu
	life    context.Context // until the last has left
	end     context.CancelFunc
}

// join returns the site of a query for a watch, which must leave it, and sees to it that it runs.
func (c *Consul) join(q Query) *site {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.siteLocked(q)
	s.watches++
	return s
}

// leave ends a site that has no watches any more: a datacenter that nobody fails over to is
// nobody's trouble.
func (c *Consul) leave(s *site) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.watches--; s.watches == 0 {
		s.end()
		delete(c.sites, s.datacenter)
	}
}

// run keeps the site's gate until its last watch has left, or ctx ends.
func (s *site) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.life, cancel)()
	s.pulse.run(ctx)
}

// site returns that of a query.
func (c *Consul) site(q Query) *site {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.siteLocked(q)
}

func (c *Consul) siteLocked(q Query) *site {
	datacenter := cmp.Or(q.Datacenter, c.scope.Datacenter)
	if s := c.sites[datacenter]; s != nil {
		return s
	}
	log := c.log.With("address", c.address)
	if q.Datacenter != "" {
		log = log.With("datacenter", q.Datacenter)
	}
	g := newGate(log)
	s := &site{
		datacenter: datacenter,
		gate:       g,
		loads:      make(chan struct{}, maxLoads),
		pulse:      newPulse(g, func(ctx context.Context) error { return c.beat(ctx, datacenter) }, c.credentials.reconnect),
	}
	s.life, s.end = context.WithCancel(context.Background())
	c.sites[datacenter] = s
	c.waiting = append(c.waiting, s)
	select {
	case c.arrived <- struct{}{}:
	default:
	}
	return s
}

// beat asks for the leader of a datacenter. Any answer will do, but for those that say that there
// are no servers: without a leader they still answer stale reads.
func (c *Consul) beat(ctx context.Context, datacenter string) error {
	opts := &api.QueryOptions{Datacenter: datacenter, Token: c.credentials.token()}
	_, err := c.pulses.Status().LeaderWithQueryOptions(opts.WithContext(ctx))
	if st, ok := errors.AsType[api.StatusError](err); ok && st.Code < 500 {
		return nil
	}
	if err != nil {
		c.credentials.dropPulses()
		return fmt.Errorf("ask %s: %w", c.address, shorten(err))
	}
	return nil
}

// renew has all sites' requests asked anew, with what is new in the files.
func (c *Consul) renew() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.sites {
		s.gate.renew()
	}
}

// rejected reports whether a request that failed with err may fare better with what is newer in
// the files than when changed returned outdated (rule 19).
func (c *Consul) rejected(err error, outdated <-chan struct{}) bool {
	st, answered := errors.AsType[api.StatusError](err)
	if answered && st.Code != http.StatusForbidden {
		return false
	}
	return c.credentials.look(outdated)
}

// troubled are the watches of a site that each have trouble of their own. The more there are, the
// longer each pauses; when one is over it, the others try as well.
type troubled struct {
	mu     sync.Mutex // guards following
	number int
	relief chan struct{} // closed when one is over its trouble; nil: nobody waits
}

// Bounds of the full jitter between the tries of one watch (rule 18).
const (
	minRetry  = 200 * time.Millisecond
	fewRetry  = 3 * time.Second        // the most while few watches are in trouble
	retryEach = 300 * time.Millisecond // that each of many adds
	maxRetry  = 30 * time.Second
)

func (t *troubled) enter() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.number++
}

// leave wakes the others if what was the matter is over.
func (t *troubled) leave(over bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.number--
	if over && t.relief != nil {
		close(t.relief)
		t.relief = nil
	}
}

// wait returns the longest pause before the next try, and what ends it early.
func (t *troubled) wait() (time.Duration, <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.relief == nil {
		t.relief = make(chan struct{})
	}
	return min(maxRetry, max(fewRetry, time.Duration(t.number)*retryEach)), t.relief
}
