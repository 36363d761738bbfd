package health

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/time/rate"
)

// Options is what a [Checker] needs to know. All fields but Port must be set.
type Options struct {
	Service  string // for the log
	Probe    Probe
	Port     int           // where heartbeats go; 0: to the target's own port
	Interval time.Duration // between the starts of two heartbeats to one target
	Timeout  time.Duration // of a heartbeat, from its connect to the end of its answer; below Interval
	Rise     int           // good heartbeats in a row to come up
	Fall     int           // bad ones in a row to go down: noticed within Fall × Interval + Timeout
	Limiter  *Limiter      // the process's only one
	Logger   hclog.Logger
}

// Checker sends heartbeats to the targets of one service and keeps the verdicts. Its methods may be called from any
// goroutine, before, during and after Run.
type Checker struct {
	opts    Options
	logger  hclog.Logger
	changed chan struct{} // cap 1, never blocks a sender: says that a verdict is new, not which
	arrived chan struct{} // cap 1, as above: there are newcomers for Run

	ownWarning rate.Sometimes // for trouble on our own side

	mu        sync.RWMutex // guards following; held for no I/O
	last      []Target     // as the caller of Follow gave them
	round     uint64       // counts the calls of Follow that changed something
	watches   map[Target]*watch
	newcomers []*watch          // not started yet; some may be gone from watches again
	inherited map[Target]Streak // for the next Follow
}

// NewChecker returns a checker that follows nothing yet.
func NewChecker(o Options) *Checker {
	return &Checker{
		opts:       o,
		logger:     o.Logger,
		changed:    make(chan struct{}, 1),
		arrived:    make(chan struct{}, 1),
		ownWarning: rate.Sometimes{Interval: warnEvery},
		watches:    make(map[Target]*watch),
	}
}

// Run sends heartbeats until ctx ends, and returns when the last of them has. It may be called once.
func (c *Checker) Run(ctx context.Context) error {
	var watching sync.WaitGroup
	defer watching.Wait()
	base := time.Now()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-c.arrived:
		}
		for _, start := range c.starts(ctx, base) {
			watching.Go(start)
		}
	}
}

// starts returns the work of each newcomer that is still followed.
func (c *Checker) starts(ctx context.Context, base time.Time) []func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	starts := make([]func(), 0, len(c.newcomers))
	for _, w := range c.newcomers {
		if c.watches[w.target] != w {
			continue
		}
		watchCtx, cancel := context.WithCancel(ctx)
		w.cancel = cancel
		starts = append(starts, func() {
			defer cancel()
			c.watch(watchCtx, w, newSchedule(base, c.opts.Interval, w.target))
		})
	}
	c.newcomers = nil
	return starts
}

// Follow replaces the set of targets. Those that stay keep their state and their place in time; new ones are unproven and get
// a heartbeat at once; the heartbeats of the others end, and so does their state.
func (c *Checker) Follow(targets []Target) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if slices.Equal(targets, c.last) {
		return
	}
	c.last = slices.Clone(targets)
	c.round++
	for _, t := range targets {
		w := c.watches[t]
		if w == nil {
			w = &watch{target: t, kicks: make(chan struct{}, 1), streak: Streak{Rise: c.opts.Rise, Fall: c.opts.Fall}}
			w.streak.goOn(c.inherited[t])
			c.watches[t] = w
			c.newcomers = append(c.newcomers, w)
		}
		w.round = c.round
	}
	for t, w := range c.watches {
		if w.round == c.round {
			continue
		}
		delete(c.watches, t)
		if w.cancel != nil {
			w.cancel()
		}
	}
	c.inherited = nil
	signal(c.arrived)
}

// State returns the verdict on t; a target that is not followed is unproven.
func (c *Checker) State(t Target) State {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if w := c.watches[t]; w != nil {
		return w.streak.state
	}
	return Unproven
}

// Changed returns the channel that is signalled after a verdict has changed; a first verdict is a change. It has one reader.
func (c *Checker) Changed() <-chan struct{} { return c.changed }

// Kick asks for a heartbeat at once, because a connect to t has failed. It doesn't block. Of many kicks in a row, one per
// tenth of the interval is obeyed.
func (c *Checker) Kick(t Target) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if w := c.watches[t]; w != nil {
		signal(w.kicks)
	}
}

// signal wakes the reader of a channel of capacity 1.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
