// Package scripted is a Consul of our own for tests: an HTTP server on loopback with a catalog that
// it serves as an agent does, and that can be told to misbehave in ways a real one won't on demand.
package scripted

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

const (
	healthPath = "/v1/health/service/"
	leaderPath = "/v1/status/leader"
)

// Consul answers what weir asks of an agent: the health of services, with blocking queries, and
// who the leader is. All methods may be called from any goroutine.
type Consul struct {
	server *httptest.Server
	closed chan struct{} // by Close
	end    sync.Once

	mu       sync.Mutex // guards following
	index    uint64     // of the last change
	services map[string]*service
	faults   []*begun      // in the order in which they began
	moved    chan struct{} // closed, and replaced, when an answer may be another
	requests []Request
}

// Start serves until Close or the test's end.
func Start(t testing.TB) *Consul {
	c := &Consul{
		closed:   make(chan struct{}),
		index:    10, // a fresh agent's, about: there is room to go backwards
		services: map[string]*service{},
		moved:    make(chan struct{}),
	}
	c.server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

// Close breaks off what is under way, waits for it, and refuses connections from then on.
func (c *Consul) Close() {
	c.end.Do(func() {
		close(c.closed)
		c.server.CloseClientConnections()
		c.server.Close()
	})
}

// HTTP is the host:port where it listens.
func (c *Consul) HTTP() string { return c.server.Listener.Addr().String() }

func (c *Consul) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	service, ok := strings.CutPrefix(r.URL.Path, healthPath)
	switch {
	case ok:
		c.answer(w, r, parse(r, service))
	case r.URL.Path == leaderPath:
		c.answer(w, r, query{kind: Pulse})
	case r.URL.Path == loopPath:
		http.Redirect(w, r, loopPath, http.StatusTemporaryRedirect)
	default:
		http.NotFound(w, r)
	}
}

// answer gives the true answer, or what the faults that hit the query make of it.
func (c *Consul) answer(w http.ResponseWriter, r *http.Request, q query) {
	c.note(q)
	truth, faults := c.await(r, q)
	if truth == nil {
		panic(http.ErrAbortHandler) // it ends without an answer
	}
	for _, f := range faults {
		f.fault.spoil(truth, f)
	}
	truth.send(w, r)
}

// await returns the true answer, once the query need wait no longer, and the faults that hit it.
// These need not wait for anything.
func (c *Consul) await(r *http.Request, q query) (*reply, []*begun) {
	over := q.timer()
	defer over.Stop()
	for ended := q.kind != Poll; ; {
		c.mu.Lock()
		faults, moved := c.hitting(q), c.moved
		truth := c.truth(q)
		c.mu.Unlock()
		if ended || len(faults) > 0 || truth.index > q.index {
			return truth, faults
		}
		select {
		case <-moved:
		case <-over.C:
			ended = true
		case <-r.Context().Done():
			return nil, nil
		case <-c.closed:
			return nil, nil
		}
	}
}

// move wakes the polls.
func (c *Consul) move() {
	close(c.moved)
	c.moved = make(chan struct{})
}
