package discovery

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// follow runs a watch of "web" for that long and returns its feed.
func follow(t *testing.T, c *Consul, q Query, d time.Duration) *Feed {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	var run sync.WaitGroup
	defer run.Wait()
	run.Go(func() { c.Run(ctx) })
	feed := NewFeed()
	if err := c.Watch(ctx, q, feed); err != nil {
		t.Errorf("Watch: got %v, want nil", err)
	}
	return feed
}

// However often Consul wakes a watch, it comes back at a bounded rate.
func TestWatchRate(t *testing.T) {
	const seconds = 60
	tests := map[string]struct {
		query   Query
		reply   func(n int, polled bool) http.HandlerFunc // to the nth request
		perSecs int
	}{
		"a service in motion": {
			Query{Service: "web"},
			func(n int, _ bool) http.HandlerFunc {
				return list(n+1, []string{entryOne, entryTwo}[n%2])
			},
			5,
		},
		"no instances": {
			Query{Service: "web"},
			func(n int, _ bool) http.HandlerFunc { return list(n + 1) },
			1,
		},
		"no instances, and a streamed view whose index is lower": {
			Query{Service: "web"},
			func(_ int, polled bool) http.HandlerFunc {
				if polled {
					return list(14)
				}
				return list(19)
			},
			1,
		},
		"instances, but none with the tag": {
			Query{Service: "web", Tags: []string{"green"}},
			func(n int, _ bool) http.HandlerFunc { return list(n+1, entryOne) },
			5,
		},
		"no index at all": {
			Query{Service: "web"},
			func(int, bool) http.HandlerFunc { return body("", "["+entryOne+"]") },
			5,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := 0
				c, _ := memoryConsul(t, pulsed(func(w http.ResponseWriter, r *http.Request) {
					test.reply(n, r.URL.Query().Has("index"))(w, r)
					n++
				}))
				follow(t, c, test.query, seconds*time.Second)
				if want := bucketBurst + test.perSecs*seconds; n < want-5 || n > want+1 {
					t.Errorf("requests in %d s: got %d, want %d", seconds, n, want)
				}
			})
		})
	}
}

// A quiet service costs a poll a minute, and a read at index 0 about every 5
// minutes: that catches a stream that got stuck.
func TestWatchResync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var loads []time.Time
		var polls int
		c, _ := memoryConsul(t, pulsed(func(w http.ResponseWriter, r *http.Request) {
			if !r.URL.Query().Has("index") {
				loads = append(loads, time.Now())
				list(7, []string{entryOne, entryTwo}[len(loads)%2])(w, r)
				return
			}
			polls++
			d, err := time.ParseDuration(r.URL.Query().Get("wait"))
			if err != nil {
				t.Errorf("wait: %v", err)
			}
			time.Sleep(d)
			list(7, entryOne)(w, r)
		}))
		follow(t, c, Query{Service: "web"}, time.Hour)
		for n := 1; n < len(loads); n++ {
			if gap := loads[n].Sub(loads[n-1]); gap < 4*time.Minute || gap > 6*time.Minute+66*time.Second {
				t.Errorf("between reads at index 0: got %v, want 5m ± 20 %%, and the rest of a poll", gap)
			}
		}
		if len(loads) < 8 || polls < 50 || polls > 70 {
			t.Errorf("in an hour: got %d reads at index 0 and %d polls, want 8 to 15 and about 60", len(loads), polls)
		}
	})
}

// At start, and when all return at once, 16 reads at index 0 are under way at
// most, however many services there are.
func TestLoadsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const services = 100
		var mu sync.Mutex
		now, most, answered := 0, 0, 0
		c, _ := memoryConsul(t, pulsed(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Has("index") {
				hang(w, r)
				return
			}
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			now--
			answered++
			mu.Unlock()
			list(7, entryOne)(w, r)
		}))
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range services {
			wg.Go(func() { c.Watch(ctx, Query{Service: "web"}, NewFeed()) })
		}
		time.Sleep(7*time.Second + time.Millisecond) // 100 of a second each, 16 at a time
		mu.Lock()
		if most != 16 || answered != services {
			t.Errorf("got %d at a time and %d answered, want 16 and %d", most, answered, services)
		}
		mu.Unlock()
		cancel()
		wg.Wait()
	})
}
