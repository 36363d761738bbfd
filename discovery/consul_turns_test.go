package discovery

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// With more services than an agent allows connections the watches take turns, all are followed,
// and it is said once.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const services = 500
		a := newAgent()
		var mu sync.Mutex
		now, most, all := 0, 0, 0
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != leader {
				mu.Lock()
				now++
				most = max(most, now)
				all++
				mu.Unlock()
				defer func() {
					mu.Lock()
					now--
					mu.Unlock()
				}()
			}
			a.ServeHTTP(w, r)
		})
		fleetOf(t, handler, services, func(feeds []*Feed, log *logs) {
			time.Sleep(15 * time.Second)
			if late := a.stragglers(feeds); late != nil {
				t.Errorf("without a set after 15 s: %d services", len(late))
			}
			mu.Lock()
			all = 0
			mu.Unlock()
			for range 10 {
				a.bump()
				time.Sleep(10 * time.Second)
				if late := a.stragglers(feeds); late != nil {
					t.Errorf("late by 10 s: %d services", len(late))
				}
			}
			mu.Lock()
			if most > maxConnections || most < maxConnections-maxLoads {
				t.Errorf("requests at once: got %d, want up to %d", most, maxConnections)
			}
			if all > 100*maxConnections/int(minPoll/time.Second)+10*services {
				t.Errorf("requests in 100 s: got %d, want about 60 a second and one for each change", all)
			}
			mu.Unlock()
			if n := strings.Count(log.String(), "they take turns"); n != 1 || log.count("WARN") != 1 {
				t.Errorf("got %d lines about turns, want one:\n%s", n, log)
			}
		})
	})
}

// As long as there are connections enough, polls are as long as ever.
func TestTurnsPolls(t *testing.T) {
	for watches, want := range map[int]time.Duration{1: pollWait, 120: pollWait, 121: pollWait, 130: pollWait, 180: 10 * time.Second, 500: minPoll, 5000: minPoll} {
		turns := newTurns(maxConnections, (&logs{}).logger())
		turns.add(watches)
		if got := turns.poll(); got != want {
			t.Errorf("%d watches: got polls of %v, want %v", watches, got, want)
		}
		turns = newTurns(0, (&logs{}).logger()) // HTTP/2
		turns.add(watches)
		if got := turns.poll(); got != pollWait {
			t.Errorf("%d watches over one connection: got polls of %v, want %v", watches, got, pollWait)
		}
	}
}

// A connection that the agent refuses is given up for a minute, but never the last quarter.
func TestTurnsRetire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(8, (&logs{}).logger())
		free := func() int { return cap(turns.slots) - len(turns.slots) }
		for n, want := range []int{7, 6, 5, 4, 3, 2, 2, 2} {
			if err := turns.take(t.Context()); err != nil {
				t.Fatal(err)
			}
			turns.refuse()
			turns.give()
			if free() != want {
				t.Errorf("after %d refusals: got %d connections, want %d", n+1, free(), want)
			}
		}
		time.Sleep(retireFor + time.Second)
		if free() != 8 {
			t.Errorf("a minute later: got %d connections, want 8", free())
		}
	})
}

// Many watches that each have trouble of their own ask the less often the more they are, and when
// one is over it all are within seconds.
func TestTroubledTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const services = 100
		a := newAgent()
		var mu sync.Mutex
		refused, refusals := false, 0
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			refuse := refused && r.URL.Path != leader
			if refuse {
				refusals++
			}
			mu.Unlock()
			if refuse {
				fail(403, "Permission denied")(w, r)
				return
			}
			a.ServeHTTP(w, r)
		})
		fleetOf(t, handler, services, func(feeds []*Feed, log *logs) {
			time.Sleep(10 * time.Second)
			mu.Lock()
			refused = true
			mu.Unlock()
			a.bump()
			time.Sleep(time.Minute)
			mu.Lock()
			refusals = 0
			mu.Unlock()
			time.Sleep(5 * time.Minute)
			mu.Lock()
			if perSecond := refusals / 300; perSecond < 3 || perSecond > 10 {
				t.Errorf("%d watches ask %d times a second, want about 7", services, perSecond)
			}
			refused = false
			mu.Unlock()
			time.Sleep(5 * time.Second)
			if late := a.stragglers(feeds); late != nil {
				t.Errorf("not back after 5 s: %d services", len(late))
			}
			if w, i := log.count("WARN"), log.count("INFO"); w != services || i != services {
				t.Errorf("got %d warnings and %d infos, want one of each service", w, i)
			}
		})
	})
}
