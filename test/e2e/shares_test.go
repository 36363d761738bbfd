package e2e

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"weir/test/consul"
	"weir/test/rig"
)

// webConfig is one listener on a free port and one service "web", found in the
// Consul agent, with more keys for the service.
func webConfig(agent *consul.Agent, service string) string {
	return fmt.Sprintf(`
consul {
  address = %q
}
service "web" {
%s
}
listener "web" {
  bind    = "127.0.0.1:0"
  service = "web"
}
`, agent.HTTP(), service)
}

// heartbeats are quick, to keep tests short.
const heartbeats = `
  heartbeat {
    expect   = "up"
    interval = "200ms"
    timeout  = "100ms"
    fall     = 2
  }
`

func register(t *testing.T, agent *consul.Agent, b *rig.Backend, weight int) {
	t.Helper()
	agent.Register(t, consul.Instance{
		Service: "web", ID: b.Name, Host: b.Host, Port: b.Port, Check: true,
		Weights: consul.Weights{Passing: weight, Warning: 1},
	})
}

// Weights 5, 2 and 1 give these shares exactly, one by one and all at once.
func TestExactShares(t *testing.T) {
	agent := consul.Dev(t, consul.Options{})
	weights := map[string]int{"a": 5, "b": 2, "c": 1}
	for name, weight := range weights {
		register(t, agent, rig.StartBackend(t, name), weight)
	}
	w := rig.StartWeir(t, webConfig(agent, heartbeats))
	addr := w.Address(t, "web")
	w.Eligible(t, 0, 3)

	t.Run("one by one", func(t *testing.T) {
		const cycle, picks = 8, 8000
		var names []string
		for i := range picks {
			r := rig.Get(t.Context(), addr)
			if r.Err != nil {
				t.Fatalf("connection %d: %v", i, r.Err)
			}
			names = append(names, r.Name)
		}
		checkCounts(t, count(names), weights, picks/cycle)
		for i := range picks - cycle + 1 {
			if window := count(names[i : i+cycle]); fmt.Sprint(window) != fmt.Sprint(weights) {
				t.Fatalf("window of %d from pick %d: got %v, want %v", cycle, i, window, weights)
			}
		}
	})
	t.Run("32 at once", func(t *testing.T) {
		const clients, each = 32, 250
		var names [clients][]string
		var failed atomic.Pointer[error]
		var running sync.WaitGroup
		for c := range clients {
			running.Go(func() {
				for range each {
					r := rig.Get(t.Context(), addr)
					if r.Err != nil {
						failed.Store(&r.Err)
						return
					}
					names[c] = append(names[c], r.Name)
				}
			})
		}
		running.Wait()
		if err := failed.Load(); err != nil {
			t.Fatal(*err)
		}
		var all []string
		for _, n := range names {
			all = append(all, n...)
		}
		checkCounts(t, count(all), weights, clients*each/8)
	})
	if code := w.Stop(t); code != 0 {
		t.Errorf("exit code: got %d, want 0", code)
	}
}

func count(names []string) map[string]int {
	counts := map[string]int{}
	for _, n := range names {
		counts[n]++
	}
	return counts
}

func checkCounts(t *testing.T, got, weights map[string]int, cycles int) {
	t.Helper()
	for name, weight := range weights {
		if got[name] != weight*cycles {
			t.Errorf("picks of %s: got %d, want %d (all: %v)", name, got[name], weight*cycles, got)
		}
	}
}
