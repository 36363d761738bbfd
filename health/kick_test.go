package health

import (
	"context"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestKick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one := target(1)
		book := newDiary()
		c, _, stop := started(t, Options{Probe: book, Interval: 10 * time.Second})
		c.Follow([]Target{one})
		synctest.Wait()
		kickAt := func(at time.Duration) {
			time.Sleep(at - time.Since(book.begin))
			for range 3 {
				c.Kick(one)
			}
			synctest.Wait()
		}
		kickAt(20 * time.Millisecond)
		kickAt(30 * time.Millisecond)   // too soon
		kickAt(1019 * time.Millisecond) // still
		kickAt(1020 * time.Millisecond)
		kickAt(1500 * time.Millisecond) // too soon
		kickAt(2600 * time.Millisecond)
		c.Kick(target(2)) // not followed
		time.Sleep(60 * time.Second)
		stop()

		onGrid := phase(one, 10*time.Second)
		var extra, regular []time.Duration
		for _, at := range book.to(one)[1:] {
			if at%(10*time.Second) == onGrid {
				regular = append(regular, at-onGrid)
			} else {
				extra = append(extra, at)
			}
		}
		if diff := cmp.Diff([]time.Duration{20e6, 1020e6, 2600e6}, extra); diff != "" {
			t.Errorf("extra heartbeats (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]time.Duration{0, 10e9, 20e9, 30e9, 40e9, 50e9, 60e9}[:len(regular)], regular); diff != "" || len(regular) < 6 {
			t.Errorf("regular heartbeats, from the first one's time (-want +got):\n%s", diff)
		}
		if got := book.to(target(2)); got != nil {
			t.Errorf("heartbeats to a target that is not followed: got %v, want none", got)
		}
	})
}

func TestKicksTakeDownEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one := target(1)
		c, _, _ := started(t, Options{Interval: 10 * time.Second, Fall: 3, Probe: script(nil, errRefused)})
		c.Follow([]Target{one})
		await(t, c)
		begin := time.Now()
		for c.State(one) == Up {
			c.Kick(one)
			time.Sleep(100 * time.Millisecond)
		}
		if got, want := time.Since(begin), 2100*time.Millisecond; got > want {
			t.Errorf("down after %v, want at most %v", got, want)
		}
	})
}

// A kick during a heartbeat asks for another one: the answer on its way may be older than the trouble.
func TestKickDuringAHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one := target(1)
		book := newDiary()
		book.answer = func(context.Context, netip.AddrPort) error {
			time.Sleep(400 * time.Millisecond)
			return nil
		}
		c, _, _ := started(t, Options{Probe: book, Interval: time.Minute})
		c.Follow([]Target{one})
		time.Sleep(100 * time.Millisecond)
		c.Kick(one)
		time.Sleep(500 * time.Millisecond)
		if diff := cmp.Diff([]time.Duration{0, 400e6}, book.to(one)); diff != "" {
			t.Errorf("heartbeats (-want +got):\n%s", diff)
		}
	})
}
