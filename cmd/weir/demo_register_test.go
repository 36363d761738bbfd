package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"
	"go.uber.org/goleak"
)

// A stubConsul is an agent that knows the three requests that a registration
// needs, and fails the test on any other.
type stubConsul struct {
	*httptest.Server
	onRegister   func(agentService) // may be nil, as the next
	onDeregister func(id string)

	mu       sync.Mutex // guards following
	services map[string]agentService
	broken   int // requests still to be answered by an error
}

// newStubConsul has the token "secret".
func newStubConsul(t *testing.T) *stubConsul {
	c := &stubConsul{services: map[string]agentService{}}
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /v1/agent/service/register", func(w http.ResponseWriter, r *http.Request) {
		if got := r.URL.RawQuery; got != "replace-existing-checks=true" {
			t.Errorf("register: got query %q", got)
		}
		var s agentService
		d := json.NewDecoder(r.Body)
		d.DisallowUnknownFields()
		if err := d.Decode(&s); err != nil {
			t.Errorf("register: %v", err)
		}
		c.mu.Lock()
		c.services[s.ID] = s
		c.mu.Unlock()
		if c.onRegister != nil {
			c.onRegister(s)
		}
	})
	mux.HandleFunc("PUT /v1/agent/service/deregister/{id}", func(w http.ResponseWriter, r *http.Request) {
		id := r.PathValue("id")
		if c.onDeregister != nil {
			c.onDeregister(id)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if _, ok := c.services[id]; !ok {
			http.Error(w, "Unknown service ID", http.StatusNotFound)
		}
		delete(c.services, id)
	})
	mux.HandleFunc("GET /v1/agent/service/{id}", func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		s, ok := c.services[r.PathValue("id")]
		if !ok {
			http.Error(w, "unknown service ID", http.StatusNotFound)
			return
		}
		json.NewEncoder(w).Encode(s)
	})
	mux.HandleFunc("/", func(_ http.ResponseWriter, r *http.Request) { t.Errorf("unexpected request: %s %s", r.Method, r.URL) })
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("X-Consul-Token"); got != "secret" {
			t.Errorf("%s: got token %q, want %q", r.URL, got, "secret")
		}
		c.mu.Lock()
		broken := c.broken > 0
		c.broken--
		c.mu.Unlock()
		if broken {
			http.Error(w, "No cluster leader", http.StatusInternalServerError)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	return c
}

func (c *stubConsul) instances() map[string]agentService {
	c.mu.Lock()
	defer c.mu.Unlock()
	copied := map[string]agentService{}
	for id, s := range c.services {
		copied[id] = s
	}
	return copied
}

// breakDown makes the next n requests fail.
func (c *stubConsul) breakDown(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.broken = n
}

func (c *stubConsul) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.services)
}

// quickRegistration looks and tries again every few milliseconds.
func quickRegistration(consul string, log hclog.Logger) *registration {
	o := backendOptions{name: "teal/1", service: "shop", weight: 7, token: "secret", register: consul}
	r := newRegistration(o, "2001:db8::7", 9000, log)
	r.every, r.retry = 5*time.Millisecond, 5*time.Millisecond
	return r
}

func TestRegistration(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	consul := newStubConsul(t)
	defer consul.Close()
	registered := make(chan agentService)
	consul.onRegister = func(s agentService) { registered <- s }
	consul.breakDown(3) // as an agent is at its start
	var logs bytes.Buffer
	r := quickRegistration(consul.URL, hclog.New(&hclog.LoggerOptions{Output: &logs, DisableTime: true}))
	defer r.close()
	ctx, cancel := context.WithCancel(t.Context())
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		r.keep(ctx)
	}()

	want := agentService{
		ID: "teal/1", Name: "shop", Address: "2001:db8::7", Port: 9000,
		Weights: agentWeights{Passing: 7, Warning: 1},
		Check: agentCheck{
			Name: "GET /health", HTTP: "http://[2001:db8::7]:9000/health",
			Interval: "2s", Timeout: "1s", Status: "passing",
		},
	}
	if diff := cmp.Diff(want, <-registered); diff != "" {
		t.Errorf("registered: -want +got:\n%s", diff)
	}
	consul.breakDown(1) // is no reason to register again
	consul.forget()
	if diff := cmp.Diff(want, <-registered); diff != "" {
		t.Errorf("after Consul forgot: -want +got:\n%s", diff)
	}
	cancel()
	<-kept
	if !r.leave(t.Context()) {
		t.Error("leave: got false, want true")
	}
	if got := consul.instances(); len(got) > 0 {
		t.Errorf("left in Consul: %v", got)
	}

	var got []string
	for line := range strings.Lines(logs.String()) {
		level, rest, _ := strings.Cut(line, "]")
		msg, _, _ := strings.Cut(rest, ":")
		got = append(got, strings.Trim(level, "[")+" "+strings.TrimSpace(msg))
	}
	// Trouble is told once, however often it was met.
	wantLog := []string{"WARN registration not sure, trying on", "INFO registered"}
	if !slices.Equal(got[:2], wantLog) || got[len(got)-1] != "INFO deregistered" {
		t.Errorf("log: got %q", got)
	}
}

// What Consul may have heard of is taken back, and nothing else is.
func TestRegistrationLeave(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	consul := newStubConsul(t)
	defer consul.Close()
	r := quickRegistration(consul.URL, hclog.NewNullLogger())
	defer r.close()
	if r.leave(t.Context()) {
		t.Error("never registered: got true, want false")
	}
	consul.breakDown(1)
	if _, err := r.ensure(t.Context(), false); err == nil || !strings.Contains(err.Error(), "No cluster leader") {
		t.Errorf("got error %v, want Consul's", err)
	}
	if !r.leave(t.Context()) {
		t.Error("not sure whether registered: got false, want true")
	}
	consul.breakDown(1)
	if r.leave(t.Context()) {
		t.Error("Consul in trouble: got true, want false")
	}
}

// Consul may start later than the backend.
func TestRegistrationConsulRefuses(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	dead := httptest.NewServer(nil)
	dead.Close()
	r := quickRegistration(dead.URL, hclog.New(&hclog.LoggerOptions{Output: io.Discard}))
	defer r.close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for range 3 {
		if known, err := r.ensure(ctx, false); known || err == nil {
			t.Errorf("got %v, %v; want an error", known, err)
		}
	}
	cancel()
	r.keep(ctx) // returns at once
}
