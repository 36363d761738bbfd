package discovery

import (
	"context"
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
	query  Query
	feed   *Feed
	log    hclog.Logger

	bucket *rate.Limiter
	index  uint64    // to wait at; 0: read at once
	resync time.Time // when to go back to index 0 all the same

	// applied is the highest index whose answer was believed. It outlives
	// errors: an answer below it comes from a server that lags or from a
	// cluster that lost its data (rule 5).
	applied  uint64
	doubting bool // such an answer was logged, and none was believed since

	lists   lists
	trouble trouble
	partial bool                // the last answer at index 0 was filtered by ACLs
	skipped map[Identity]string // what the last answer had and was left out: why
}

func newWatch(c *Consul, q Query, feed *Feed) *watch {
	return &watch{
		consul: c,
		query:  q,
		feed:   feed,
		log:    c.log.With("service", q.Service),
		bucket: rate.NewLimiter(bucketRate, bucketBurst),
	}
}

func (w *watch) run(ctx context.Context) {
	for ctx.Err() == nil {
		if w.bucket.Wait(ctx) != nil {
			return
		}
		pass, err := w.consul.gate.enter(ctx)
		if err != nil {
			return
		}
		if pass.canary {
			w.index = 0 // a poll that is held, as it should be, would tell the others nothing
		}
		a, err := w.read(ctx)
		pass.done(err)
		if err == nil {
			err = w.apply(ctx, a)
		}
		if err != nil {
			w.index = 0 // whatever it was: the index may belong to a lost cluster (rule 5)
			if w.recover(ctx, err) != nil {
				return
			}
			continue
		}
		w.trouble.over(w.log)
	}
}

// read polls, or reads at once where there is nothing to wait at.
func (w *watch) read(ctx context.Context) (answer, error) {
	if w.index > 0 && time.Now().Before(w.resync) {
		return w.consul.block(ctx, w.query, &w.lists, w.index, jitter(pollWait, 0.1))
	}
	w.index = 0
	w.resync = time.Now().Add(jitter(resyncEvery, 0.2))
	return w.consul.load(ctx, w.query, &w.lists, stale)
}

// apply believes an answer as far as its index allows, and publishes what is new.
func (w *watch) apply(ctx context.Context, a answer) error {
	if w.doubtful(a) {
		w.log.Debug("poll's answer is doubtful, reading anew", "index", a.index, "waited_at", w.index, "entries", len(a.entries))
		w.index = 0
		w.feed.Answered(a.decoded)
		return nil
	}
	set := w.set(a)
	if a.partial && len(set.Instances) == 0 {
		return errPartial
	}
	w.notePartial(a)
	if a.index < w.applied && !w.onlyAdds(set) {
		w.publish(w.withAdded(set))
		if !w.doubting {
			w.doubting = true
			w.log.Info("answer is older than what is known, asking the leader", "index", a.index, "known", w.applied)
		}
		var err error
		if a, err = w.consul.load(ctx, w.query, &w.lists, consistent); err != nil {
			return err
		}
		set = w.set(a)
		w.applied = a.index
	}
	w.index = a.index
	w.applied = max(w.applied, a.index)
	w.doubting = false
	w.feed.Answered(a.decoded)
	w.publish(set)
	if len(a.entries) == 0 {
		w.bucket.SetLimit(absentRate)
	} else {
		w.bucket.SetLimit(bucketRate)
	}
	return nil
}

// doubtful reports whether a poll's answer may be a false one, which the next
// read, at index 0, will tell: the agent's view was reset or has lost its rights,
// or a new cluster answers (rule 4).
func (w *watch) doubtful(a answer) bool {
	if w.index == 0 { // a read's, which is believed as far as its index allows
		return false
	}
	return a.index < w.index || len(a.entries) == 0 && len(w.feed.Set().Instances) > 0
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
			instances = append(instances, *was) // which was looked at before
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
		instances = append(instances, known.Instances...)
	}
	return NewSet(instances, a.decoded)
}

// notePartial warns once of a token that doesn't see everything. Only an answer
// at index 0 tells: the agent's stream doesn't say.
func (w *watch) notePartial(a answer) {
	if w.index > 0 {
		return
	}
	if a.partial && !w.partial {
		w.log.Warn("the token may not see all instances, those that it no longer sees stay", "hint", readRights)
	}
	w.partial = a.partial
}

// onlyAdds reports whether s leaves every known instance as it is.
func (w *watch) onlyAdds(s *Set) bool { return s.Equal(w.withAdded(s)) }

// withAdded is what is known, plus the instances that only s has.
func (w *watch) withAdded(s *Set) *Set {
	known := w.feed.Set()
	if known == nil {
		return s
	}
	// NewSet keeps the first of two with one identity: the known one.
	return NewSet(append(append([]Instance(nil), known.Instances...), s.Instances...), s.Learnt)
}

// jitter is d ± at most that part of it, so that watches don't move in step.
func jitter(d time.Duration, part float64) time.Duration {
	return d + time.Duration((2*rand.Float64()-1)*part*float64(d))
}
