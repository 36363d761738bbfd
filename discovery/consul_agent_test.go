package discovery

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// An agent is a stub Consul with many services, each with one instance at an
// index that bump moves; it can be down, and can refuse one service alone.
type agent struct {
	mu     sync.Mutex // guards following
	index  int
	moved  chan struct{} // closed when index moves
	down   bool
	cut    chan struct{} // closed when the agent goes down, which ends polls
	hung   chan struct{} // closed when the agent, which hangs, goes on; nil: it doesn't hang
	broken string        // the path's end of a service that is always answered 500
	knocks []knock
	pulses []time.Time
}

type knock struct {
	at      time.Time
	service string
	index   string
}

func newAgent() *agent {
	return &agent{index: 5, moved: make(chan struct{}), cut: make(chan struct{})}
}

func (a *agent) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == leader {
		a.pulse(w, r)
		return
	}
	service := strings.TrimPrefix(r.URL.Path, "/v1/health/service/")
	index := r.URL.Query().Get("index")
	a.mu.Lock()
	a.knocks = append(a.knocks, knock{time.Now(), service, index})
	down, moved, cut, hung, now := a.down, a.moved, a.cut, a.hung, a.index
	broken := service == a.broken
	a.mu.Unlock()
	if hung != nil {
		select {
		case <-hung:
		case <-r.Context().Done():
			return
		}
	}
	switch {
	case down:
		reset(w, r)
	case broken:
		fail(500, "rpc error")(w, r)
		return
	case index == fmt.Sprint(now):
		d, _ := time.ParseDuration(r.URL.Query().Get("wait"))
		select {
		case <-moved:
		case <-cut:
			reset(w, r)
		case <-r.Context().Done():
			return
		case <-time.After(d):
		}
		a.mu.Lock()
		now = a.index
		a.mu.Unlock()
	}
	list(now, registered(fmt.Sprintf("%s-%d", service, now), "10.0.0.1", 80, "passing"))(w, r)
}

func (a *agent) pulse(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.pulses = append(a.pulses, time.Now())
	down, hung := a.down, a.hung
	a.mu.Unlock()
	if hung != nil {
		select {
		case <-hung:
		case <-r.Context().Done():
			return
		}
	}
	if down {
		reset(w, r)
	}
	io.WriteString(w, `"10.0.0.1:8300"`)
}

func (a *agent) bump() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.index++
	close(a.moved)
	a.moved = make(chan struct{})
}

// set makes the agent go down or come back with a moved index.
func (a *agent) set(down bool) {
	a.mu.Lock()
	a.knocks, a.pulses = nil, nil
	a.down = down
	if down {
		close(a.cut)
	} else {
		a.index++
		a.cut = make(chan struct{})
	}
	a.mu.Unlock()
}

// fleet runs a watch of each of n services, "s0" and so on, until the end of f.
func fleet(t *testing.T, a *agent, n int, f func(feeds []*Feed, log *logs)) {
	t.Helper()
	fleetOf(t, a, n, f)
}

// fleetOf is fleet with a handler before the agent.
func fleetOf(t *testing.T, h http.Handler, n int, f func(feeds []*Feed, log *logs)) {
	t.Helper()
	c, log := memoryConsul(t, h)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { c.Run(ctx) })
	feeds := make([]*Feed, n)
	for i := range feeds {
		feeds[i] = NewFeed()
		wg.Go(func() { c.Watch(ctx, Query{Service: fmt.Sprintf("s%d", i)}, feeds[i]) })
	}
	f(feeds, log)
	cancel()
	wg.Wait() // in every state a watch can be in: else the test hangs here
}

// stragglers are the services whose feed doesn't hold the agent's index.
func (a *agent) stragglers(feeds []*Feed) (names []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, f := range feeds {
		want := fmt.Sprintf("s%d-%d ", i, a.index)
		if !strings.HasPrefix(show(f.Set()), want) {
			names = append(names, fmt.Sprintf("s%d", i))
		}
	}
	return names
}
