package discovery

import (
	"context"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A watch ends as soon as its context does, whatever it waits for.
func TestWatchEndsAtOnce(t *testing.T) {
	known := list(7, entryOne, entryTwo, entryThree)
	then := func(answers ...http.HandlerFunc) http.HandlerFunc { // the last one for good
		var mu sync.Mutex
		return func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			answer := answers[0]
			if len(answers) > 1 {
				answers = answers[1:]
			}
			mu.Unlock()
			answer(w, r)
		}
	}
	pollsHang := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("index") {
			hang(w, r)
			return
		}
		known(w, r)
	}
	tests := map[string]struct {
		service http.HandlerFunc
		leader  http.HandlerFunc // nil: it is there
		after   time.Duration
		others  int  // watches beside it
		idle    bool // Run doesn't run
	}{
		"a read":                         {service: hang, after: time.Second},
		"a poll":                         {service: then(known, hang), after: time.Second},
		"the proof":                      {service: then(known, list(9), list(9), hang), after: time.Second},
		"a hold":                         {service: then(known, list(9), list(9), list(9), hang), after: time.Second},
		"the pause after a refusal":      {service: fail(403, "Permission denied"), after: 10 * time.Second},
		"the first answer of a bucket":   {service: then(list(7), list(7)), after: 100 * time.Millisecond},
		"whether all is silent":          {service: fail(500, "No cluster leader"), leader: hang, after: time.Second},
		"the agent's return":             {service: reset, leader: reset, after: time.Minute},
		"the agent's return, cut off":    {service: hang, leader: hang, after: time.Minute},
		"the agent's answer to too many": {service: fail(429, "too many"), after: 10 * time.Second},
		"its turn to read":               {service: hang, after: time.Second, others: 4 * maxLoads},
		"its turn to poll":               {service: pollsHang, after: time.Second, others: maxConnections},
		"Run":                            {service: fail(500, "No cluster leader"), after: time.Second, idle: true},
	}
	for name, test := range tests {
		for _, kept := range []bool{false, true} { // with a snapshot, or without
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					handler := pulsed(test.service)
					if test.leader != nil {
						handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
							if r.URL.Path == leader {
								test.leader(w, r)
								return
							}
							test.service(w, r)
						})
					}
					consul, _ := memoryConsul(t, handler)
					var c Catalog = consul
					if kept {
						c = NewSnapshot(c, SnapshotOptions{File: filepath.Join(t.TempDir(), "s"), MaxAge: time.Hour}, (&logs{}).logger())
					}
					endsAtOnce(t, c, test.after, 1+test.others, test.idle)
					if n := len(consul.sites); n != 0 {
						t.Errorf("got %d sites without a watch, want none", n)
					}
				})
			})
		}
	}
}

// Nor does a disk that hangs, or a folder that isn't there, keep one from ending.
func TestWatchOfFilesEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := NewFiles("unread", (&logs{}).logger())
		endsAtOnce(t, files, time.Second, 2, true)
		files.publish(defined("a b c"), time.Now(), true)
		endsAtOnce(t, files, time.Second, 2, true)
		files.publish(nil, time.Now(), false)
		endsAtOnce(t, files, time.Second, 2, true)
		endsAtOnce(t, NewSnapshot(files, SnapshotOptions{File: "unread", MaxAge: time.Hour}, (&logs{}).logger()), snapshotPatience/2, 2, true)
		if n := len(files.watches); n != 0 {
			t.Errorf("got %d watches after their end", n)
		}
	})
}

// endsAtOnce has watches run for so long, and ends them.
func endsAtOnce(t *testing.T, c Catalog, after time.Duration, watches int, idle bool) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	run, stop := context.WithCancel(t.Context())
	var parts, running sync.WaitGroup
	if !idle {
		running.Go(func() { c.Run(run) })
	}
	for range watches {
		parts.Go(func() {
			if err := c.Watch(ctx, Query{Service: "web", EmptyHold: time.Minute}, NewFeed()); err != nil {
				t.Errorf("Watch: got %v, want nil", err)
			}
		})
	}
	pass(after)
	began := time.Now()
	cancel()
	parts.Wait()
	if took := time.Since(began); took > 0 {
		t.Errorf("ended after %v, want at once", took)
	}
	stop()
	running.Wait()
}

// The pulse of a datacenter goes with its last watch, and returns with the next one.
func TestPulseGoesWithTheLastWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		beats := map[string]int{}
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == leader {
				mu.Lock()
				beats[r.URL.Query().Get("dc")]++
				mu.Unlock()
			}
			pulsed(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Has("index") {
					hang(w, r)
					return
				}
				list(7, entryOne)(w, r)
			}).ServeHTTP(w, r)
		})
		c, log := memoryConsul(t, h)
		run, stop := context.WithCancel(t.Context())
		var parts sync.WaitGroup
		parts.Go(func() { c.Run(run) })
		begin := func(q Query) (end func()) {
			ctx, cancel := context.WithCancel(run)
			var watch sync.WaitGroup
			watch.Go(func() { c.Watch(ctx, q, NewFeed()) })
			return func() { cancel(); watch.Wait() }
		}
		count := func() (local, far int) {
			mu.Lock()
			defer mu.Unlock()
			clear(beats)
			mu.Unlock()
			pass(20 * time.Second)
			mu.Lock()
			return beats[""], beats["dc2"]
		}
		far := Query{Service: "web", Datacenter: "dc2"}
		begin(Query{Service: "web"})
		first, second := begin(far), begin(far)
		want := func(when string, localWant, farWant bool) {
			t.Helper()
			local, far := count()
			if (local > 5) != localWant || (far > 5) != farWant || !farWant && far > 0 {
				t.Errorf("%s: got %d pulses here and %d there in 20 s", when, local, far)
			}
		}
		want("two watches there", true, true)
		first()
		want("one left there", true, true)
		second()
		want("none left there", true, false)
		third := begin(far)
		want("one more there", true, true)
		third()
		stop()
		parts.Wait()
		if s := log.String(); s != "" {
			t.Logf("log:\n%s", s)
		}
	})
}
