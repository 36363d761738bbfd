//go:build compose

// Package compose runs docker-compose.yml end to end, as someone who tries weir for the first time
// would: up, requests spread by weight, a backend that stops and comes back, down.
package compose

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"
)

// weights of the backends in docker-compose.yml.
var weights = map[string]int{"five": 5, "two": 2, "one": 1}

func TestCompose(t *testing.T) {
	s := newScenario(t)

	step := func(name string, f func(*testing.T)) {
		if !t.Failed() { // each step stands on the one before
			t.Run(name, f)
		}
	}

	step("up", func(t *testing.T) {
		s.up(t)
		s.awaitNames(t, "five", "two", "one")
	})

	step("balanced by weight", func(t *testing.T) { s.checkShares(t, 80, weights) })

	step("stopped backend leaves without a failed request", func(t *testing.T) {
		done := s.traffic(t)
		s.compose(t, time.Minute, "stop", "five")
		for range 40 {
			if name, err := s.ask(t.Context()); err != nil || name == "five" {
				t.Errorf("a request after the stop: got %q, %v; want two or one", name, err)
			}
		}
		done() // the others would take turns in between
		s.checkShares(t, 30, map[string]int{"two": 2, "one": 1})
	})

	step("started backend comes back without a failed request", func(t *testing.T) {
		done := s.traffic(t)
		s.compose(t, time.Minute, "start", "five")
		s.awaitNames(t, "five")
		done()
		s.checkShares(t, 80, weights)
	})

	step("weir stops cleanly", func(t *testing.T) {
		id := strings.TrimSpace(s.compose(t, time.Minute, "ps", "-q", "weir"))
		s.compose(t, time.Minute, "stop", "weir")
		if code := strings.TrimSpace(command(t, time.Minute, "docker", "inspect", "-f", "{{.State.ExitCode}}", id)); code != "0" {
			t.Errorf("exit code of weir after SIGTERM: got %s, want 0", code)
		}
	})

	step("down", func(t *testing.T) {
		s.down(t)
		for _, kind := range []string{"container", "volume", "network"} {
			args := []string{kind, "ls", "-q", "--filter", "label=com.docker.compose.project=" + s.project}
			if kind == "container" {
				args = append(args, "--all")
			}
			if left := command(t, time.Minute, "docker", args...); left != "" {
				t.Errorf("left after down: %s %s", kind, left)
			}
		}
		if c, err := net.DialTimeout("tcp", s.address, time.Second); err == nil {
			c.Close()
			t.Errorf("%s still answers after down", s.address)
		}
	})
}

// checkShares sends n requests, one after another, and wants each backend to answer its share of
// them exactly, but for the turns that the container's own health check took meanwhile.
func (s *scenario) checkShares(t *testing.T, n int, weights map[string]int) {
	t.Helper()
	const interval = 10 * time.Second // of weir's health check in docker-compose.yml
	sum := 0
	for _, weight := range weights {
		sum += weight
	}
	began := time.Now()
	got := map[string]int{}
	for range n {
		name, err := s.ask(t.Context())
		if err != nil {
			t.Fatalf("request: %v", err)
		}
		got[name]++
	}
	probes := 1 + int(time.Since(began)/interval) // at most
	for name := range got {
		if weights[name] == 0 {
			t.Errorf("%s answered %d of %d requests, want none", name, got[name], n)
		}
	}
	for name, weight := range weights {
		if want := n * weight / sum; got[name] < want-probes || got[name] > want+probes {
			t.Errorf("%s answered %d of %d requests, want %d, or %d off for a health check", name, got[name], n, want, probes)
		}
	}
	t.Logf("of %d requests: %v", n, got)
}

// awaitNames sends requests until each of these backends has answered one.
func (s *scenario) awaitNames(t *testing.T, names ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	seen := map[string]bool{}
	for {
		name, err := s.ask(ctx)
		if err == nil {
			seen[name] = true
		}
		missing := 0
		for _, name := range names {
			if !seen[name] {
				missing++
			}
		}
		if missing == 0 {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatalf("answered so far: %v, want %v; the last error: %v", seen, names, err)
		}
	}
}
