package discovery

import (
	"sync/atomic"
	"time"
)

// A Feed carries the newest set of one service from a catalog to its reader.
// A slow reader misses steps in between, never the latest state.
type Feed struct {
	set      atomic.Pointer[Set]
	answered atomic.Pointer[time.Time]
	changed  chan struct{} // cap 1: the signal carries no data, so it can't be stale
}

// NewFeed returns a feed that never had a set.
func NewFeed() *Feed { return &Feed{changed: make(chan struct{}, 1)} }

// Publish makes s the newest set. Only the feed's one writer may call it.
func (f *Feed) Publish(s *Set) {
	f.set.Store(s)
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

// Answered notes that the catalog gave a good answer at t, changed or not.
func (f *Feed) Answered(t time.Time) { f.answered.Store(&t) }

// Set returns the newest set, nil if there never was one.
func (f *Feed) Set() *Set { return f.set.Load() }

// Changed is signalled after Publish; one reader may wait on it.
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
