package discovery

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Conditions are what a stub agent is like at the moment.
type conditions struct {
	mu     sync.Mutex // guards following
	gone   bool       // the instance is
	silent chan struct{}
}

func (c *conditions) now() (gone bool, silent chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gone, c.silent
}

func (c *conditions) change(to func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	to()
}

// watching runs Run and watches of those queries until the end of f.
func watching(t *testing.T, h http.Handler, queries []Query, f func(feeds []*Feed, log *logs)) {
	t.Helper()
	c, log := memoryConsul(t, h)
	ctx, cancel := context.WithCancel(t.Context())
	var parts sync.WaitGroup
	parts.Go(func() { c.Run(ctx) })
	var feeds []*Feed
	for _, q := range queries {
		feed := NewFeed()
		feeds = append(feeds, feed)
		parts.Go(func() { c.Watch(ctx, q, feed) })
	}
	f(feeds, log)
	cancel()
	parts.Wait()
}

// A datacenter that hangs holds up no other, neither at the start nor later, whatever its watches
// have under way.
func TestHangingDatacenter(t *testing.T) {
	for _, late := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			a, c := newAgent(), &conditions{}
			if !late {
				c.silent = make(chan struct{})
			}
			h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Get("dc") != "dc2" {
					a.ServeHTTP(w, r)
					return
				}
				if _, silent := c.now(); silent != nil {
					hang(w, r)
					return
				}
				if r.URL.Query().Has("index") { // nothing changes there
					hang(w, r)
					return
				}
				a.ServeHTTP(w, r)
			})
			var queries []Query
			for n := range 60 {
				queries = append(queries, Query{Service: fmt.Sprintf("s%d", n)})
			}
			for n := range 120 {
				queries = append(queries, Query{Service: fmt.Sprintf("s%d", n), Datacenter: "dc2"})
			}
			watching(t, h, queries, func(feeds []*Feed, log *logs) {
				time.Sleep(2 * time.Second)
				if late := a.stragglers(feeds[:60]); late != nil {
					t.Errorf("without a set after 2 s: %d services", len(late))
				}
				c.change(func() { c.silent = make(chan struct{}) })
				time.Sleep(20 * time.Second)
				for range 5 {
					a.bump()
					time.Sleep(time.Second)
					if late := a.stragglers(feeds[:60]); late != nil {
						t.Errorf("late by a second: %d services", len(late))
					}
				}
				if n := strings.Count(log.String(), "consul is silent"); n != 1 {
					t.Errorf("got %d lines that it is silent, want one", n)
				}
			})
		})
	}
}

// Where polls fail at once though reads at index 0 work, those are made now and then.
func TestPollsFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		requests := 0
		h := pulsed(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			requests++
			mu.Unlock()
			if r.URL.Query().Has("index") {
				fail(500, "rpc error: streaming")(w, r)
				return
			}
			list(7, entryOne)(w, r)
		})
		watching(t, h, []Query{{Service: "web"}}, func(feeds []*Feed, log *logs) {
			time.Sleep(10 * time.Minute)
			mu.Lock()
			defer mu.Unlock()
			if requests < 40 || requests > 200 {
				t.Errorf("requests in 10 min: got %d, want about 80", requests)
			}
			if n := log.count("WARN"); n != 1 {
				t.Errorf("got %d warnings, want one:\n%s", n, log)
			}
		})
	})
}

// An agent that has room for fewer connections than weir would use is used with fewer.
func TestFewConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const services, room = 100, 60
		a := newAgent()
		var mu sync.Mutex
		now := 0
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			full := now >= room
			if !full {
				now++
			}
			mu.Unlock()
			if full {
				fail(429, "Your IP is issuing too many concurrent connections")(w, r)
				return
			}
			defer func() {
				mu.Lock()
				now--
				mu.Unlock()
			}()
			a.ServeHTTP(w, r)
		})
		fleetOf(t, h, services, func(feeds []*Feed, log *logs) {
			for range 10 {
				time.Sleep(time.Minute)
				a.bump()
				time.Sleep(30 * time.Second)
				if late := a.stragglers(feeds); late != nil {
					t.Errorf("late by 30 s: %d services", len(late))
				}
			}
			if strings.Contains(log.String(), "silent") {
				t.Errorf("an agent that refuses isn't silent:\n%s", log)
			}
			if n := strings.Count(log.String(), "(429)"); n != 1 {
				t.Errorf("got %d lines about refusals, want one", n)
			}
		})
	})
}

// Time in which Consul says nothing doesn't count as insisting that instances are gone.
func TestSilenceIsNoInsisting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &conditions{}
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, silent := c.now(); silent != nil {
				hang(w, r)
				return
			}
			pulsed(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Has("index") {
					wait, _ := time.ParseDuration(r.URL.Query().Get("wait"))
					if sleep(r.Context(), min(wait, 5*time.Second)) != nil {
						return
					}
					if _, silent := c.now(); silent != nil {
						hang(w, r)
						return
					}
				}
				if gone, _ := c.now(); gone {
					list(9)(w, r)
					return
				}
				list(7, entryOne)(w, r)
			}).ServeHTTP(w, r)
		})
		watching(t, h, []Query{{Service: "web", EmptyHold: 2 * time.Minute}}, func(feeds []*Feed, log *logs) {
			time.Sleep(time.Second)
			c.change(func() { c.gone = true })
			time.Sleep(time.Minute)
			if got := show(feeds[0].Set()); got != heldOne {
				t.Errorf("after a minute: got %s, want %s", got, heldOne)
			}
			c.change(func() { c.silent = make(chan struct{}) })
			time.Sleep(10 * time.Minute)
			c.change(func() { c.silent = nil })
			time.Sleep(119 * time.Second)
			if got := show(feeds[0].Set()); got != heldOne {
				t.Errorf("119 s after the return: got %s, want %s", got, heldOne)
			}
			time.Sleep(10 * time.Second)
			if got := show(feeds[0].Set()); got != "none" {
				t.Errorf("2 min and more after the return: got %s, want none", got)
			}
		})
	})
}

// What the disk has is known before Consul's first answer, however quick that is: a Consul that has
// lost its data, which answers at once, is doubted.
func TestFirstAnswerAfterARestart(t *testing.T) {
	for _, delay := range []time.Duration{0, 1500 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "snapshot")
			r := runSnapshot(t, file, scriptedCatalog(func(_ context.Context, _ Query, feed *Feed) { say(feed, 5) }), Query{Service: "web"})
			pass(5 * time.Second)
			r.stop()
			c, log := memoryConsul(t, pulsed(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Has("index") {
					hang(w, r)
					return
				}
				after(delay, list(9))(w, r)
			}))
			s := NewSnapshot(c, SnapshotOptions{File: file, MaxAge: time.Hour}, log.logger())
			ctx, cancel := context.WithCancel(t.Context())
			feed := NewFeed()
			var parts sync.WaitGroup
			parts.Go(func() { s.Run(ctx) })
			parts.Go(func() { s.Watch(ctx, Query{Service: "web", EmptyHold: 2 * time.Minute}, feed) })
			time.Sleep(10 * time.Second)
			if got := len(feed.Set().Instances); got != 5 {
				t.Errorf("[] after %v: got %d instances, want 5 held", delay, got)
			}
			cancel()
			parts.Wait()
		})
	}
}

// What isn't Consul may send anything, and as much of it as it likes.
func TestAnswersAreBounded(t *testing.T) {
	const huge = 100 << 20
	for name, test := range map[string]struct {
		code       int
		head, more string
		says       string
	}{
		"a list":       {200, "[{}", ",{}", "more than 65536 instances"},
		"an instance":  {200, `[{"Node":{"Node":"`, "nnnnnnnnnnnnnnnnnnnnnnn", "more than 1 MiB"},
		"blanks":       {200, "", " \n ", "more than 1 MiB"},
		"an error":     {500, "", "<p>no</p>", "500"},
		"another word": {200, "", "no", "invalid character"},
	} {
		t.Run(name, func(t *testing.T) {
			sent := 0
			body := io.MultiReader(strings.NewReader(test.head), endless{test.more, &sent})
			c := consulVia(t, ConsulOptions{Address: "127.0.0.1:8500"}, roundTripper(func(*http.Request) *http.Response {
				return &http.Response{StatusCode: test.code, Header: http.Header{"X-Consul-Index": {"7"}}, Body: io.NopCloser(io.LimitReader(body, huge))}
			}), &logs{})
			_, err := c.load(t.Context(), Query{Service: "web"}, new(lists), stale)
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got error %v, want %q", err, test.says)
			}
			if sent > 4<<20 {
				t.Errorf("got %d bytes read, want a few MiB at most", sent)
			}
			if err := c.beat(t.Context(), ""); err == nil || len(err.Error()) > 2*maxErrorText {
				t.Errorf("pulse: got error %.400v, want a short one", err)
			}
		})
	}
}

type roundTripper func(*http.Request) *http.Response

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }

// endless repeats a text and counts what was read of it.
type endless struct {
	text string
	sent *int
}

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = e.text[(*e.sent+i)%len(e.text)]
	}
	*e.sent += len(p)
	return len(p), nil
}

// An agent that was cut off from its servers serves a frozen stream for up to a minute after their
// return: what changes in that time is seen all the same.
func TestFrozenStreamAfterASilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &conditions{silent: make(chan struct{})}
		index := 7
		now := func() int {
			c.mu.Lock()
			defer c.mu.Unlock()
			return index
		}
		entry := func(index int) string { return registered(fmt.Sprintf("a-%d", index), "10.0.0.1", 80, "passing") }
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, silent := c.now(); silent != nil {
				fail(500, "No known Consul servers")(w, r)
				return
			}
			pulsed(func(w http.ResponseWriter, r *http.Request) {
				if n := now(); !r.URL.Query().Has("index") {
					list(n, entry(n))(w, r)
					return
				}
				wait, _ := time.ParseDuration(r.URL.Query().Get("wait"))
				if sleep(r.Context(), wait) != nil {
					return
				}
				list(7, entry(7))(w, r)
			}).ServeHTTP(w, r)
		})
		watching(t, h, []Query{{Service: "web"}}, func(feeds []*Feed, _ *logs) {
			time.Sleep(time.Minute)
			c.change(func() { c.silent = nil })
			time.Sleep(3 * time.Second)
			for range 12 {
				c.change(func() { index++ })
				time.Sleep(5 * time.Second)
				if got, want := show(feeds[0].Set()), fmt.Sprintf("a-%d 10.0.0.1:80 passing 5/2", now()); got != want {
					t.Fatalf("5 s after a change: got %s, want %s", got, want)
				}
			}
		})
	})
}
