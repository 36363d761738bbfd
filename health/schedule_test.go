package health

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// diary is a probe that notes when it was sent where. Inside a bubble only.
type diary struct {
	answer func(ctx context.Context, addr netip.AddrPort) error // nil: good at once

	begin time.Time
	mu    sync.Mutex // guards sent
	sent  map[netip.AddrPort][]time.Duration
}

func newDiary() *diary {
	return &diary{begin: time.Now(), sent: make(map[netip.AddrPort][]time.Duration)}
}

func (d *diary) Probe(ctx context.Context, addr netip.AddrPort) error {
	d.mu.Lock()
	d.sent[addr] = append(d.sent[addr], time.Since(d.begin))
	d.mu.Unlock()
	if d.answer == nil {
		return nil
	}
	return d.answer(ctx, addr)
}

// to returns when heartbeats were sent to t, since the diary was begun.
func (d *diary) to(t Target) []time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.sent[t.Addr]
}

func TestFirstHeartbeatAtOnceThenTheInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		book := newDiary()
		c, _, stop := started(t, Options{Probe: book, Interval: 2 * time.Second})
		var all []Target
		for i := range 20 { // one more every 300 ms
			all = append(all, target(i))
			c.Follow(all)
			time.Sleep(300 * time.Millisecond)
		}
		time.Sleep(20 * time.Second)
		stop()
		for i, target := range all {
			sent := book.to(target)
			if len(sent) < 10 {
				t.Fatalf("target %d: got %d heartbeats, want at least 10", i, len(sent))
			}
			if want := time.Duration(i) * 300 * time.Millisecond; sent[0] != want {
				t.Errorf("target %d: first heartbeat at %v, want %v", i, sent[0], want)
			}
			if gap := sent[1] - sent[0]; gap <= 0 || gap > 2*time.Second {
				t.Errorf("target %d: second heartbeat %v after the first, want more than 0 and at most the interval", i, gap)
			}
			for k := 2; k < len(sent); k++ {
				if gap := sent[k] - sent[k-1]; gap != 2*time.Second {
					t.Errorf("target %d: heartbeat %d came %v after the one before, want exactly the interval", i, k, gap)
				}
			}
		}
	})
}

func TestPhaseDoesNotDependOnWhenItIsFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		book := newDiary()
		c, _, stop := started(t, Options{Probe: book, Interval: 2 * time.Second})
		one, two := target(1), target(2)
		c.Follow([]Target{one, two})
		time.Sleep(7300 * time.Millisecond)
		before := book.to(one)
		c.Follow([]Target{two})
		time.Sleep(5100 * time.Millisecond)
		c.Follow([]Target{two, one})
		time.Sleep(10 * time.Second)
		stop()
		after := book.to(one)[len(before):]
		if got, want := after[0], 12400*time.Millisecond; got != want {
			t.Errorf("first heartbeat after the return: got %v, want %v", got, want)
		}
		if got, want := after[1]%(2*time.Second), before[1]%(2*time.Second); got != want {
			t.Errorf("phase after the return: got %v, want %v as before", got, want)
		}
		if book.to(one)[1] == book.to(two)[1] {
			t.Errorf("two targets share the phase %v", book.to(one)[1])
		}
	})
}

func TestPhasesSpread(t *testing.T) {
	const n, interval = 1000, 2 * time.Second
	var buckets [10]int
	for _, target := range targets(n) {
		p := phase(target, interval)
		if p < 0 || p >= interval {
			t.Fatalf("phase of %v: got %v, want within the interval", target, p)
		}
		buckets[p/(interval/10)]++
	}
	for i, got := range buckets {
		if got < 60 || got > 140 {
			t.Errorf("tenth %d of the interval: got %d of %d heartbeats, want about 100", i, got, n)
		}
	}
}

// The phase is the target's, not the process's. These were computed by another program.
func TestPhaseIsStable(t *testing.T) {
	got := []time.Duration{
		phase(Target{"n1/web-1", netip.MustParseAddrPort("10.0.0.1:80")}, time.Second),
		phase(Target{"n1/web-1", netip.MustParseAddrPort("10.0.0.2:80")}, time.Second),
		phase(Target{"n1/web-2", netip.MustParseAddrPort("10.0.0.1:80")}, time.Second),
	}
	want := []time.Duration{534979541, 893901122, 860366932}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("phases (-want +got):\n%s", diff)
	}
}

func TestScheduleNext(t *testing.T) {
	base := time.Now()
	s := schedule{first: base.Add(300 * time.Millisecond), interval: time.Second}
	tests := []struct{ due, now, want int }{ // milliseconds
		{0, 0, 300},        // the first heartbeat came before the grid begins
		{0, 10, 300},       //
		{300, 300, 1300},   // on the grid
		{1300, 1900, 2300}, //
		{1200, 1200, 1300}, // between two points
		{1200, 1900, 1300}, // one missed: made up for
		{1300, 2400, 2300}, //
		{1300, 3299, 2300}, //
		{1300, 3300, 3300}, // several missed: the last of them
		{1300, 9299, 8300}, //
		{1300, 90300, 90300} /* much later */}
	for _, test := range tests {
		at := func(ms int) time.Time { return base.Add(time.Duration(ms) * time.Millisecond) }
		if got := s.next(at(test.due), at(test.now)); !got.Equal(at(test.want)) {
			t.Errorf("next after %d ms at %d ms: got %v, want %d ms", test.due, test.now, got.Sub(base), test.want)
		}
	}
}
