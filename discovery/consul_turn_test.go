package discovery

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/consul/api"
)

// The turn as canary comes back from whoever has it, or no watch would ever
// knock again.
func TestGateTurnComesBack(t *testing.T) {
	silent := errors.New("connection refused")
	tests := map[string]func(t *testing.T, g *gate){
		"its context ended while it waited for its time": func(t *testing.T, g *gate) {
			ctx, cancel := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			wg.Go(func() {
				if _, err := g.enter(ctx); err == nil {
					t.Error("enter: got a pass, want an error")
				}
			})
			synctest.Wait()
			cancel()
			wg.Wait()
		},
		"another watch was answered meanwhile": func(t *testing.T, g *gate) {
			var wg sync.WaitGroup
			wg.Go(func() {
				if p, err := g.enter(t.Context()); err != nil || p.canary {
					t.Errorf("enter: got %+v, %v, want a plain pass", p, err)
				}
			})
			synctest.Wait()
			g.open()
			wg.Wait()
		},
		"its request failed": func(t *testing.T, g *gate) {
			p, err := g.enter(t.Context())
			if err != nil || !p.canary {
				t.Errorf("enter: got %+v, %v, want a canary's", p, err)
			}
			p.done(silent)
		},
		"its request was answered": func(t *testing.T, g *gate) {
			p, _ := g.enter(t.Context())
			p.done(nil)
		},
	}
	for name, first := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGate("127.0.0.1:8500", (&logs{}).logger())
				if !g.shut(time.Now(), silent) {
					t.Fatal("shut: got false, want true")
				}
				first(t, g)
				time.Sleep(time.Second)
				if !g.shut(time.Now(), silent) { // again, if it was opened
					t.Fatal("shut again: got false, want true")
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				if p, err := g.enter(ctx); err != nil || !p.canary {
					t.Errorf("the next: got %+v, %v, want to be the canary", p, err)
				}
			})
		})
	}
}

// A refusal is an answer: the agent is back, whatever it thinks of one service.
func TestGateOpensOnRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate("127.0.0.1:8500", (&logs{}).logger())
		g.shut(time.Now(), errors.New("connection refused"))
		start := time.Now()
		p, err := g.enter(t.Context())
		if err != nil || !p.canary || time.Since(start) != canaryEvery {
			t.Errorf("enter: got %+v, %v after %v, want a canary's after %v", p, err, time.Since(start), canaryEvery)
		}
		p.done(api.StatusError{Code: 403, Body: "Permission denied"})
		start = time.Now()
		if p, err = g.enter(t.Context()); err != nil || p.canary || time.Since(start) != 0 {
			t.Errorf("enter: got %+v, %v after %v, want a plain pass at once", p, err, time.Since(start))
		}
	})
}
