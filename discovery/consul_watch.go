package discovery

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/time/rate"
)

const (
	// A poll ends after about a minute: some events (a cluster that was
	// restored) are noticed only then (rule 6).
	pollWait = 60 * time.Second
	// A full read now and then catches a stream that got stuck (rule 15).
	resyncEvery = 5 * time.Minute
	// After a silence the agent may serve a frozen stream until it asks its servers anew, which
	// it does after 60 s at the latest: for this time polls are short, and a full read follows each.
	waryFor  = 90 * time.Second
	waryPoll = 3 * time.Second
	waryEach = 20 * time.Millisecond // that each watch adds, beyond 150
)

// The token bucket of one watch, in requests and requests per second (rule 7).
// A service without instances wakes whenever any other service loses its last.
const (
	bucketBurst = 10
	bucketRate  = rate.Limit(5)
	absentRate  = rate.Limit(1)
)

// A watch follows one service in Consul. Only run and what it calls touch it.
type watch struct {
	consul *Consul
	site   *site
	query  Query
	feed   *Feed
	log    hclog.Logger

	bucket  *rate.Limiter
	index   uint64    // to wait at; 0: read at once
	polling bool      // the last read was a poll
	resync  time.Time // when to go back to index 0 all the same

	// applied is the highest index whose answer was believed. It outlives
	// errors: an answer below it comes from a server that lags or from a
	// cluster that lost its data (rule 5).
	applied  uint64
	doubting bool // such an answer was logged, and none was believed since

	guard    *guard
	lists    lists
	wary     time.Time // until when the agent's stream isn't trusted
	trouble  trouble
	badPolls int                 // in a row that failed at once
	outdated <-chan struct{}     // closed when the credentials of the last request are
	partial  bool                // the last answer at index 0 was filtered by ACLs
	skipped  map[Identity]string // what the last answer had and was left out: why
}

// newWatch joins the query's site; run leaves it.
func newWatch(c *Consul, q Query, feed *Feed) *watch {
	log := c.log.With("service", q.Service)
	if q.Datacenter != "" {
		log = log.With("datacenter", q.Datacenter)
	}
	w := &watch{
		consul: c,
		site:   c.join(q),
		query:  q,
		feed:   feed,
		log:    log,
		guard:  newGuard(q, log),
		bucket: rate.NewLimiter(bucketRate, bucketBurst),
	}
	w.guard.another = feed.ask(newStoredQuery(q, SnapshotOptions{
		Datacenter: c.scope.Datacenter,
		Namespace:  c.scope.Namespace,
		Partition:  c.scope.Partition,
	}))
	return w
}

func (w *watch) run(ctx context.Context) {
	defer w.consul.leave(w.site)
	w.site.gate.add(1)
	defer w.site.gate.add(-1)
	w.consul.turns.add(1)
	defer w.consul.turns.add(-1)
	defer func() {
		if w.trouble.alone {
			w.site.trouble.leave(false)
		}
	}()
	for ctx.Err() == nil {
		if w.bucket.Wait(ctx) != nil {
			return
		}
		silent, err := w.site.gate.enter(ctx)
		if err != nil {
			return
		}
		if silent {
			w.guard.silent()
			w.wary = time.Now().Add(waryFor)
		}
		err = w.turn(ctx)
		switch {
		case err == nil:
			w.over()
		case errors.Is(err, errRenewed):
			w.index = 0
			w.log.Debug("reading anew", "reason", err)
			if w.site.gate.disperse(ctx) != nil {
				return
			}
		default:
			w.index = 0 // whatever it was: the index may belong to a lost cluster (rule 5)
			if w.recover(ctx, err) != nil {
				return
			}
		}
	}
}

// turn makes one read, or one poll, and believes it.
func (w *watch) turn(ctx context.Context) error {
	ctx, cancel := w.site.gate.within(ctx)
	defer cancel()
	w.outdated = w.consul.credentials.changed()
	began := time.Now()
	a, err := w.read(ctx)
	w.noteRead(err, time.Since(began))
	if err != nil {
		return err
	}
	return w.apply(ctx, a)
}

// read polls, or reads at once where there is nothing to wait at.
func (w *watch) read(ctx context.Context) (answer, error) {
	now := time.Now()
	wait := jitter(w.consul.turns.poll(), 0.1)
	until, holding := w.guard.holding()
	if holding {
		wait = min(wait, until.Sub(now))
	}
	wary := now.Before(w.wary)
	if wary {
		wait = min(wait, w.site.gate.waryPoll())
	}
	if w.polling = w.index > 0 && now.Before(w.resync) && wait > 0 && !(wary && w.polling); w.polling {
		return w.consul.block(ctx, w.query, &w.lists, w.index, max(wait, time.Millisecond))
	}
	w.index = 0
	w.resync = now.Add(jitter(resyncEvery, 0.2))
	return w.consul.load(ctx, w.query, &w.lists, stale)
}

// apply believes an answer as far as its index and the guard allow, and publishes what is new.
func (w *watch) apply(ctx context.Context, a answer) error {
	if w.doubtful(a) {
		w.log.Debug("poll's answer is doubtful, reading anew", "index", a.index, "waited_at", w.index, "entries", len(a.entries))
		w.index = 0
		return nil
	}
	set := w.set(a)
	if a.partial && len(set.Instances) == 0 {
		return errPartial
	}
	w.notePartial(a)
	proven := false
	if a.index < w.applied && !w.onlyAdds(set) {
		w.publish(w.withAdded(set))
		if !w.doubting {
			w.doubting = true
			w.log.Info("answer is older than what is known, asking the leader", "index", a.index, "known", w.applied)
		}
		w.polling = false
		var err error
		if a, err = w.consul.load(ctx, w.query, &w.lists, consistent); err != nil {
			return err
		}
		set = w.set(a)
		w.applied = a.index
		proven = true
	}
	a, err := w.guarded(ctx, a, set, proven)
	if err != nil {
		return err
	}
	w.index = a.index
	w.applied = max(w.applied, a.index)
	w.doubting = false
	w.feed.Answered(a.decoded)
	if len(a.entries) == 0 {
		w.bucket.SetLimit(absentRate)
	} else {
		w.bucket.SetLimit(bucketRate)
	}
	return nil
}

// guarded publishes what the guard lets through of an answer's set. Where it wants a proof, the
// answer to that counts, and is returned.
func (w *watch) guarded(ctx context.Context, a answer, set *Set, proven bool) (answer, error) {
	if a.partial { // it has taken nothing away, and says nothing of what is held
		w.guard.silent()
		w.publish(set)
		return a, nil
	}
	allowed, prove := w.guard.judge(w.known(), set, time.Now(), proven)
	if prove && w.partial { // there is none to be had: the next unfiltered read tells
		w.unproven(set)
		return a, nil
	}
	w.publish(allowed)
	if !prove {
		return a, nil
	}
	w.log.Debug("most instances vanished, asking the leader", "left", len(set.Instances))
	if err := w.site.gate.disperse(ctx); err != nil { // many services may have lost theirs
		return a, context.Cause(ctx)
	}
	w.polling = false
	a, err := w.consul.load(ctx, w.query, &w.lists, consistent)
	if err != nil {
		return a, err
	}
	set = w.set(a)
	if a.partial {
		w.see(true)
		w.unproven(set)
		return a, nil
	}
	allowed, _ = w.guard.judge(w.known(), set, time.Now(), true)
	w.publish(allowed)
	return a, nil
}

// unproven keeps what has vanished: the token may not see it any more.
func (w *watch) unproven(s *Set) {
	w.guard.release()
	all := w.withAdded(s)
	for i := range all.Instances {
		all.Instances[i].Held = false
	}
	w.publish(all)
}

// known is what an answer is judged by: what was published last or, before that, what the disk has.
func (w *watch) known() *Set {
	if known := w.feed.Set(); known != nil {
		return known
	}
	return w.feed.remembered()
}

// doubtful reports whether a poll's answer may be a false one, which the next
// read, at index 0, will tell: the agent's view was reset or has lost its rights,
// or a new cluster answers (rule 4).
func (w *watch) doubtful(a answer) bool {
	if w.index == 0 { // a read's, which is believed as far as its index allows
		return false
	}
	if a.index < w.index {
		return true
	}
	_, holding := w.guard.holding() // then an empty list is no news
	return len(a.entries) == 0 && !holding && len(w.feed.Set().Instances) > 0
}

// publish passes on a set that differs from the last: Consul wakes watches
// for changes that concern nobody (rule 7).
func (w *watch) publish(s *Set) {
	if s.Equal(w.feed.Set()) {
		return
	}
	w.feed.Publish(s)
	w.log.Debug("set changed", "instances", len(s.Instances), "learnt", s.Learnt.Format(time.RFC3339Nano))
}

// set maps an answer, leaving out what bears not all tags or can't be balanced.
func (w *watch) set(a answer) *Set {
	known := w.feed.Set()
	walk := known.Walk()
	instances := make([]Instance, 0, len(a.entries))
	skipped := map[Identity]string{}
	for i := range a.entries {
		e := &a.entries[i]
		if !hasTags(e.tags, w.query.Tags) {
			continue
		}
		if was := walk.to(&e.Identity); was != nil && e.is(was) {
			in := *was // which was looked at before
			in.Held = false
			instances = append(instances, in)
			continue
		}
		if why := e.unusable(); why != "" {
			if w.skipped[e.Identity] != why {
				w.log.Warn("instance left out", "instance", e.Identity.String(), "reason", why)
			}
			skipped[e.Identity] = why
			continue
		}
		in := e.instance()
		if in.Status == Unknown {
			if was, ok := known.find(in.Identity); ok {
				in.Status = was.Status
			}
		}
		instances = append(instances, in)
	}
	w.skipped = skipped
	if a.partial && known != nil {
		// What the token doesn't see needn't be gone. NewSet keeps the first of
		// two with one identity: the answer's.
		for _, in := range known.Instances {
			in.Held = in.Held || known.Unverified
			instances = append(instances, in)
		}
	}
	return NewSet(instances, a.decoded)
}

// notePartial warns once of a token that doesn't see everything. Only an answer
// at index 0 tells: the agent's stream doesn't say.
func (w *watch) notePartial(a answer) {
	if !w.polling {
		w.see(a.partial)
	}
}

func (w *watch) see(partial bool) {
	if partial && !w.partial {
		w.log.Warn("the token may not see all instances, those that it no longer sees stay", "hint", readRights)
	}
	w.partial = partial
}

// onlyAdds reports whether s leaves every known instance as it is.
func (w *watch) onlyAdds(s *Set) bool { return s.Equal(w.withAdded(s)) }

// withAdded is what is known, plus the instances that only s has.
func (w *watch) withAdded(s *Set) *Set {
	known := w.feed.Set()
	if known == nil {
		return s
	}
	// NewSet keeps the first of two with one identity: the known one, unless that is only held.
	all := make([]Instance, 0, len(known.Instances)+len(s.Instances))
	for _, in := range known.Instances {
		if _, back := s.find(in.Identity); !in.Held || !back {
			all = append(all, in)
		}
	}
	return NewSet(append(all, s.Instances...), s.Learnt)
}

// jitter is d ± at most that part of it, so that watches don't move in step.
func jitter(d time.Duration, part float64) time.Duration {
	return d + time.Duration((2*rand.Float64()-1)*part*float64(d))
}
