package session

import (
	"sync"
	"sync/atomic"
	"testing"
)

func TestRoom(t *testing.T) {
	var r Room
	for range 3 {
		if !r.enter() {
			t.Fatal("no place where there is no limit")
		}
	}
	r.Limit(2) // who is in stays
	if got := r.Used(); got != 3 {
		t.Errorf("got %d places taken, want 3", got)
	}
	if r.enter() {
		t.Error("got a place beyond the limit")
	}
	r.leave()
	if r.enter() {
		t.Error("got a place at the limit")
	}
	r.leave()
	if !r.enter() {
		t.Error("got no place below the limit")
	}
}

func TestRoomWakes(t *testing.T) {
	var r Room
	r.Limit(1)
	var woken int
	wake := func() { woken++ }
	r.await(wake)
	if woken != 1 {
		t.Errorf("while there is a place: got %d calls, want 1 at once", woken)
	}
	r.enter()
	r.await(wake)
	r.await(wake)
	if woken != 1 {
		t.Errorf("while there is none: got %d calls more, want 0", woken-1)
	}
	r.leave()
	if woken != 3 {
		t.Errorf("when one left: got %d calls more, want both", woken-1)
	}
	r.enter()
	r.leave()
	if woken != 3 {
		t.Errorf("after that: got %d calls more, want 0", woken-3)
	}
	r.enter()
	r.await(wake)
	r.Limit(2)
	if woken != 4 {
		t.Errorf("when the limit rose: got %d calls more, want 1", woken-3)
	}
	r.enter()
	r.await(wake)
	r.Limit(0)
	if woken != 5 {
		t.Errorf("when the limit fell away: got %d calls more, want 1", woken-4)
	}
}

// However many come and go at the same moment, there are never more than the limit, and
// nobody waits for ever.
func TestRoomUnderContention(t *testing.T) {
	const limit, clients, rounds = 3, 16, 2000
	var r Room
	r.Limit(limit)
	var in atomic.Int64
	var g sync.WaitGroup
	for range clients {
		g.Go(func() {
			for range rounds {
				for !r.enter() {
					woken := make(chan struct{}, 1)
					r.await(func() { woken <- struct{}{} })
					<-woken
				}
				if n := in.Add(1); n > limit {
					t.Errorf("%d are in, want %d at most", n, limit)
				}
				in.Add(-1)
				r.leave()
			}
		})
	}
	g.Wait()
	if got := r.Used(); got != 0 {
		t.Errorf("got %d places taken in the end, want 0", got)
	}
}
