package discovery

import (
	"sync/atomic"
	"time"
)

// A Feed carries the newest set of one service from a catalog to its reader.
// A slow reader misses steps in between, never the latest state. One watch after another
// may write to it, of another query or of another catalog: each takes the set that it
// finds as the last good one.
type Feed struct {
	set      atomic.Pointer[Set]
	answered atomic.Pointer[time.Time]
	before   atomic.Pointer[Set] // what the disk has, if the catalog hasn't answered yet
	changed  chan struct{}       // cap 1: the signal carries no data, so it can't be stale

	asks    *storedQuery                // by the watch; its own
	answers atomic.Pointer[storedQuery] // the query that was answered last
}

// NewFeed returns a feed that never had a set.
func NewFeed() *Feed { return NewFeedTo(make(chan struct{}, 1)) }

// NewFeedTo returns a feed that signals its changes on a channel of capacity 1, which
// several feeds of one reader may share.
func NewFeedTo(changed chan struct{}) *Feed { return &Feed{changed: changed} }

// Publish makes s the newest set. Only the feed's one writer may call it.
func (f *Feed) Publish(s *Set) {
	f.set.Store(s)
	f.signal()
}

// Restore makes s the first set of a feed that has none yet, and reports whether it did. Answered
// is when the catalog last confirmed it. It may be called beside the writer, whose sets win.
func (f *Feed) Restore(s *Set, answered time.Time) bool {
	if !f.set.CompareAndSwap(nil, s) {
		return false
	}
	f.answered.CompareAndSwap(nil, &answered)
	f.signal()
	return true
}

// Remember notes what the disk has, by which a first answer can be judged; nil: nothing.
func (f *Feed) Remember(s *Set) { f.before.Store(s) }

func (f *Feed) remembered() *Set { return f.before.Load() }

// ask is called by each watch when it begins. It reports whether what is known so far answers a
// query with other tags or another filter.
func (f *Feed) ask(q storedQuery) (another bool) {
	f.asks = &q
	was := f.answers.Load()
	return was != nil && !was.selects(&q)
}

func (f *Feed) signal() {
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

// Answered notes that the catalog gave a good answer at t, changed or not. What it changes is
// published before.
func (f *Feed) Answered(t time.Time) {
	f.answered.Store(&t)
	if f.asks != nil {
		f.answers.Store(f.asks)
	}
}

// Set returns the newest set, nil if there never was one.
func (f *Feed) Set() *Set { return f.set.Load() }

// Changed is signalled after Publish and Restore; one reader may wait on it.
func (f *Feed) Changed() <-chan struct{} { return f.changed }

// Age is the time since the last good answer; false if there never was one
// (consul.md, rule 15).
func (f *Feed) Age(now time.Time) (time.Duration, bool) {
	t := f.answered.Load()
	if t == nil {
		return 0, false
	}
	return now.Sub(*t), true
}
