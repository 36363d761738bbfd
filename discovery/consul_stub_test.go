package discovery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	first = "/v1/health/service/web?stale="                   // a read at index 0
	proof = "/v1/health/service/web?consistent="              // a read that the leader proves
	wait  = "/v1/health/service/web?index=%d&stale=&wait=60s" // a poll
)

func poll(index int) string { return fmt.Sprintf(wait, index) }

// A step is one request that the stub Consul expects, and its answer.
type step struct {
	want  string // the whole path and query, its keys sorted, a wait of 54 to 66 s written as 60 s, others in whole seconds
	known string // how the feed's set must look when the request comes; empty: not looked at
	reply http.HandlerFunc
}

// leader is where the pulse asks, beside the script.
const leader = "/v1/status/leader"

// A script is a stub Consul that expects its steps in order, with pulses between, and nothing else.
// The last step's request is never answered: whoever asked is at rest.
type script struct {
	t     *testing.T
	feed  *Feed
	ended chan struct{} // closed when the last step's request is there

	mu    sync.Mutex // guards following
	steps []step
	times []time.Time // of each request
}

func newScript(t *testing.T, steps ...step) *script {
	return &script{t: t, feed: NewFeed(), steps: steps, ended: make(chan struct{})}
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	pulsed(s.step).ServeHTTP(w, r)
}

func (s *script) step(w http.ResponseWriter, r *http.Request) {
	got := request(r)
	s.mu.Lock()
	n := len(s.times)
	s.times = append(s.times, time.Now())
	s.mu.Unlock()
	if n >= len(s.steps) {
		s.t.Errorf("request %d: got %s, want none", n, got)
		http.Error(w, "not in the script", http.StatusTeapot)
		return
	}
	st := s.steps[n]
	if got != st.want {
		s.t.Errorf("request %d:\n got %s\nwant %s", n, got, st.want)
	}
	if known := show(s.feed.Set()); st.known != "" && known != st.known {
		s.t.Errorf("known at request %d:\n got %s\nwant %s", n, known, st.known)
	}
	if n == len(s.steps)-1 {
		close(s.ended)
		hang(w, r)
		return
	}
	st.reply(w, r)
}

// request is the path and query of r in one spelling.
func request(r *http.Request) string {
	q := r.URL.Query()
	switch d, err := time.ParseDuration(q.Get("wait")); {
	case err != nil:
	case d >= 54*time.Second && d <= 66*time.Second:
		q.Set("wait", "60s")
	default:
		q.Set("wait", d.Round(time.Second).String())
	}
	return r.URL.EscapedPath() + "?" + q.Encode()
}

// play runs a watch of "web" through the script, and returns what was logged.
func (s *script) play(c *Consul, q Query, log *logs) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := c.Run(ctx); err != nil {
			s.t.Errorf("Run: got %v, want nil", err)
		}
	})
	wg.Go(func() {
		if err := c.Watch(ctx, q, s.feed); err != nil {
			s.t.Errorf("Watch: got %v, want nil", err)
		}
	})
	select {
	case <-s.ended:
	case <-time.After(time.Hour): // in a bubble this is when nothing will come any more
		s.t.Errorf("the script ended after %d requests of %d; log:\n%s", len(s.times), len(s.steps), log)
	}
	cancel()
	wg.Wait()
}

// gap is the time between the requests n and n+1.
func (s *script) gap(n int) time.Duration { return s.times[n+1].Sub(s.times[n]) }

// pulsed is a handler whose pulse is always there.
func pulsed(h http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, leader) {
			io.WriteString(w, `"10.0.0.1:8300"`)
			return
		}
		h(w, r)
	})
}

// inMemory is a transport to a handler without sockets, which works in a
// bubble: there no time passes but what the code under test waits for.
type inMemory struct{ handler http.Handler }

func (m inMemory) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	defer func() {
		if recover() == http.ErrAbortHandler {
			resp, err = nil, errors.New("connection reset by peer")
		}
	}()
	rec := httptest.NewRecorder()
	m.handler.ServeHTTP(rec, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return rec.Result(), nil
}

// memoryConsul is a Consul whose agent is the handler.
func memoryConsul(t *testing.T, h http.Handler) (*Consul, *logs) {
	t.Helper()
	log := &logs{}
	return consulVia(t, ConsulOptions{Address: "127.0.0.1:8500"}, inMemory{h}, log), log
}

// consulVia is a Consul whose requests all go through the transport.
func consulVia(t *testing.T, o ConsulOptions, transport http.RoundTripper, log *logs) *Consul {
	t.Helper()
	credentials, err := newCredentials(o, log.logger())
	if err != nil {
		t.Fatal(err)
	}
	c, err := newConsul(o, credentials, transport, transport, log.logger())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Answers.

func list(index int, entries ...string) http.HandlerFunc {
	return body(strconv.Itoa(index), "["+strings.Join(entries, ",")+"]")
}

// body answers 200 with that text; an empty index leaves the header out.
func body(index, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if index != "" {
			w.Header().Set("X-Consul-Index", index)
		}
		io.WriteString(w, text)
	}
}

func fail(code int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, text, code) }
}

func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func reset(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// registered is the entry of instance "n1/id" with weights 5 and 2 and one check each
// of the node and of the service, the latter with that status.
func registered(id, address string, port int, status string) string {
	b, err := json.Marshal(map[string]any{
		"Node":    map[string]any{"Node": "n1", "Address": "10.0.0.9", "Datacenter": "dc1", "Meta": nil},
		"Service": map[string]any{"ID": id, "Address": address, "Port": port, "Tags": []string{"Blue"}, "Weights": map[string]int{"Passing": 5, "Warning": 2}},
		"Checks": []map[string]any{
			{"CheckID": "serfHealth", "Status": "passing", "Output": "Agent alive and reachable"},
			{"CheckID": "service:" + id, "Status": status, "ServiceID": id, "Definition": map[string]any{}},
		},
	})
	if err != nil {
		panic(err)
	}
	return string(b)
}

// show is a set in one line: "a 10.0.0.1:80 passing 5/2, ...".
func show(s *Set) string {
	if s == nil {
		return "never"
	}
	if len(s.Instances) == 0 {
		return "none"
	}
	var all []string
	for _, i := range s.Instances {
		held := ""
		if i.Held {
			held = " held"
		}
		all = append(all, fmt.Sprintf("%s %s:%d %s %d/%d%s", i.Service, i.Host, i.Port, i.Status, i.Passing, i.Warning, held))
	}
	return strings.Join(all, ", ")
}

// aclFiltered is an answer that the token's rights have cut.
func aclFiltered(answer http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Consul-Results-Filtered-By-ACLs", "true")
		// The api reads this header only after those that every Consul sends.
		w.Header().Set("X-Consul-LastContact", "0")
		answer(w, r)
	}
}
