package discovery

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// beating runs a pulse until the end of f, whose answers take that long and end so.
func beating(t *testing.T, beat func(ctx context.Context) error, f func(t *testing.T, p *pulse, log *logs)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		log := &logs{}
		p := newPulse(newGate(log.logger()), beat, func() {})
		ctx, cancel := context.WithCancel(t.Context())
		var run sync.WaitGroup
		run.Go(func() { p.run(ctx) })
		f(t, p, log)
		cancel()
		run.Wait()
	})
}

// takes waits for d, or until ctx ends.
func takes(d time.Duration, err error) func(context.Context) error {
	return func(ctx context.Context) error {
		if sleep(ctx, d) != nil {
			return ctx.Err()
		}
		return err
	}
}

// An agent under load may take longer than weir's patience: what it says counts when it comes.
func TestPulseSlowAgent(t *testing.T) {
	var beats atomic.Int32
	slow := func(ctx context.Context) error {
		beats.Add(1)
		return takes(9*time.Second, nil)(ctx)
	}
	beating(t, slow, func(t *testing.T, p *pulse, log *logs) {
		time.Sleep(8 * time.Second)
		if log.count("WARN") != 1 {
			t.Errorf("after 8 s: want one warning:\n%s", log)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if _, err := p.gate.enter(ctx); err != nil {
			t.Errorf("after the first answer: got %v, want to be let in", err)
		}
		time.Sleep(time.Minute)
		if w, i := log.count("WARN"), log.count("INFO"); w != 1 || i != 1 {
			t.Errorf("after a minute of slow answers: got %d warnings and %d infos, want one each:\n%s", w, i, log)
		}
		if n := beats.Load(); n < 31 || n > 39 {
			t.Errorf("beats in 69 s: got %d, want one each 2 s", n)
		}
	})
}

// One beat that fails is tried again at once, and says nothing.
func TestPulseMissesOneBeat(t *testing.T) {
	var n atomic.Int32
	beat := func(context.Context) error {
		if n.Add(1)%2 == 0 {
			return errors.New("connection reset")
		}
		return nil
	}
	beating(t, beat, func(t *testing.T, p *pulse, log *logs) {
		time.Sleep(time.Minute)
		if log.count("WARN") != 0 {
			t.Errorf("want no warning:\n%s", log)
		}
	})
}

// A watch whose read has failed learns whether it is alone with that.
func TestPulseTellsWhoIsSilent(t *testing.T) {
	refused := errors.New("connection refused")
	for name, test := range map[string]struct {
		beat   func(context.Context) error
		silent bool
		within time.Duration
	}{
		"all are":                  {takes(0, refused), true, doubtEvery},
		"only this watch":          {takes(0, nil), false, doubtEvery},
		"the agent hangs":          {takes(time.Hour, nil), true, pulsePatience},
		"an agent that takes time": {takes(time.Second, nil), false, doubtEvery + 2*time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			beating(t, test.beat, func(t *testing.T, p *pulse, _ *logs) {
				var watches sync.WaitGroup
				for range 300 {
					watches.Go(func() {
						start := time.Now()
						silent, err := p.silentSince(t.Context(), start)
						if took := time.Since(start); silent != test.silent || err != nil || took > test.within {
							t.Errorf("got %v, %v after %v, want %v within %v", silent, err, took, test.silent, test.within)
						}
					})
				}
				watches.Wait()
			})
		})
	}
	beating(t, takes(time.Hour, nil), func(t *testing.T, p *pulse, _ *logs) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := p.silentSince(ctx, time.Now()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("when its context ends: got %v, want that", err)
		}
	})
}

// A datacenter that can't be reached holds up no other.
func TestSilentDatacenter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAgent()
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("dc") == "dc2" {
				fail(500, "No path to datacenter")(w, r)
				return
			}
			a.ServeHTTP(w, r)
		})
		c, log := memoryConsul(t, handler)
		ctx, cancel := context.WithCancel(t.Context())
		var run sync.WaitGroup
		run.Go(func() { c.Run(ctx) })
		here, there := NewFeed(), NewFeed()
		run.Go(func() { c.Watch(ctx, Query{Service: "s0"}, here) })
		run.Go(func() { c.Watch(ctx, Query{Service: "s0", Datacenter: "dc2"}, there) })
		time.Sleep(time.Minute)
		for range 10 {
			a.bump()
			time.Sleep(time.Second)
			if late := a.stragglers([]*Feed{here}); late != nil {
				t.Fatal("the local datacenter's change wasn't followed within a second")
			}
		}
		if there.Set() != nil {
			t.Errorf("the other's set: got %s, want never", show(there.Set()))
		}
		if w := log.count("WARN"); w != 1 {
			t.Errorf("got %d warnings, want one:\n%s", w, log)
		}
		cancel()
		run.Wait()
	})
}
