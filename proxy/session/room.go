package session

import (
	"sync"
	"sync/atomic"
)

// A Room has places for so many sessions: a listener's, or all of the process. Any
// number of goroutines may use it.
type Room struct {
	limit atomic.Int64 // 0: any number
	used  atomic.Int64

	waits atomic.Bool // wakes has some
	mu    sync.Mutex  // guards following
	wakes []func()
}

// Limit sets the number of places, 0 for any number. Who is in stays, though there be more.
func (r *Room) Limit(n int) {
	r.limit.Store(int64(n))
	r.wake()
}

// Used is how many places are taken.
func (r *Room) Used() int { return int(r.used.Load()) }

// full reports whether all places are taken.
func (r *Room) full() bool {
	limit := r.limit.Load()
	return limit > 0 && r.used.Load() >= limit
}

// enter takes a place, if there is one.
func (r *Room) enter() bool {
	for {
		n, limit := r.used.Load(), r.limit.Load()
		if limit > 0 && n >= limit {
			return false
		}
		if r.used.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// leave gives a place back.
func (r *Room) leave() {
	r.used.Add(-1)
	r.wake()
}

// await has wake called once, as soon as there may be a place: perhaps at once, by the caller.
func (r *Room) await(wake func()) {
	r.mu.Lock()
	r.wakes = append(r.wakes, wake)
	r.waits.Store(true)
	r.mu.Unlock()
	if !r.full() {
		r.wake() // who left just before saw nobody wait
	}
}

// wake has all look again who wait.
func (r *Room) wake() {
	if !r.waits.Load() {
		return
	}
	r.mu.Lock()
	wakes := r.wakes
	r.wakes = nil
	r.waits.Store(false)
	r.mu.Unlock()
	for _, wake := range wakes {
		wake()
	}
}
