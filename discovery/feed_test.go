package discovery

import (
	"sync"
	"testing"
	"time"
)

func TestFeedStartsWithout(t *testing.T) {
	f := NewFeed()
	if f.Set() != nil {
		t.Errorf("set: got %v, want nil", f.Set())
	}
	if age, ok := f.Age(time.Now()); ok {
		t.Errorf("age: got %v, want none", age)
	}
	select {
	case <-f.Changed():
		t.Error("changed: got a signal, want none")
	default:
	}
}

func TestFeedSignalsOnceForMany(t *testing.T) {
	f := NewFeed()
	var last *Set
	for range 3 {
		last = NewSet(nil, time.Time{})
		f.Publish(last)
	}
	<-f.Changed()
	if f.Set() != last {
		t.Error("set: got an older one, want the newest")
	}
	select {
	case <-f.Changed():
		t.Error("changed: got a second signal, want one")
	default:
	}
}

func TestFeedAge(t *testing.T) {
	f, start := NewFeed(), time.Now()
	f.Publish(NewSet(nil, start))
	if _, ok := f.Age(start); ok {
		t.Error("age: got one from Publish, want one from Answered only")
	}
	f.Answered(start)
	f.Answered(start.Add(40 * time.Second))
	if age, ok := f.Age(start.Add(time.Minute)); !ok || age != 20*time.Second {
		t.Errorf("age: got %v, %v, want 20s", age, ok)
	}
	select {
	case <-f.Changed():
	default:
		t.Error("changed: got no signal, want one")
	}
}

// A reader that waits for the signal and then looks sees the last set in the
// end, however the two interleave.
func TestFeedLosesNoWakeUp(t *testing.T) {
	const sets = 20_000
	f := NewFeed()
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := range sets {
			f.Publish(&Set{Learnt: time.Unix(int64(n), 0)})
			f.Answered(time.Unix(int64(n), 0))
		}
	})
	for seen := int64(-1); seen < sets-1; {
		<-f.Changed() // a lost signal would hang here
		now := f.Set().Learnt.Unix()
		if now < seen {
			t.Fatalf("set: got %d after %d", now, seen)
		}
		seen = now
	}
	wg.Wait()
}

func TestFeedRestoresOnlyTheFirst(t *testing.T) {
	then, now := time.Unix(100, 0), time.Unix(160, 0)
	old, said := NewSet(nil, then), NewSet(nil, now)
	f := NewFeed()
	if !f.Restore(old, then) || f.Set() != old {
		t.Fatal("a feed without a set wasn't restored")
	}
	if age, ok := f.Age(now); !ok || age != time.Minute {
		t.Errorf("age: got %v, %v, want 1m", age, ok)
	}
	select {
	case <-f.Changed():
	default:
		t.Error("changed: got no signal, want one")
	}
	f.Publish(said)
	if f.Restore(old, then) || f.Set() != said {
		t.Error("a feed with a set was restored")
	}

	f = NewFeed() // a writer may be between its two steps
	f.Answered(now)
	f.Restore(old, then)
	if age, _ := f.Age(now); age != 0 {
		t.Errorf("age: got %v, want that of the writer's answer", age)
	}
}

// However both interleave, the writer's set is there in the end.
func TestFeedRestoreYieldsToTheWriter(t *testing.T) {
	then, now := time.Unix(100, 0), time.Unix(160, 0)
	old, said := NewSet(nil, then), NewSet(nil, now)
	for range 2_000 {
		f := NewFeed()
		var wg sync.WaitGroup
		wg.Go(func() { f.Restore(old, then) })
		wg.Go(func() { f.Publish(said); f.Answered(now) })
		wg.Wait()
		if age, _ := f.Age(now); f.Set() != said || age != 0 {
			t.Fatalf("got the set of %v and age %v, want the writer's", f.Set().Learnt, age)
		}
		<-f.Changed()
	}
}
