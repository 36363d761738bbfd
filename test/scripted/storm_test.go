package scripted

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// The same seed draws the same faults, in the same order; and after it nothing is broken.
func TestStorm(t *testing.T) {
	draw := func(seed uint64) (notes []string) {
		synctest.Test(t, func(t *testing.T) {
			c := &Consul{services: map[string]*service{}, moved: make(chan struct{})}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			s := &Storm{Random: rand.New(rand.NewPCG(seed, 0)), Faults: Faults(), Services: []string{"web", "api"}}
			s.Note = func(f Fault, on Target, lasts time.Duration) {
				notes = append(notes, fmt.Sprint(f.Name, on, lasts))
			}
			s.Run(ctx, c)
			if len(c.faults) > 0 {
				t.Errorf("after the storm: %d faults left", len(c.faults))
			}
		})
		return notes
	}
	first := draw(1)
	if len(first) < 10 {
		t.Errorf("a minute's storm: got %d faults", len(first))
	}
	if again := draw(1); !slices.Equal(first, again) {
		t.Errorf("the same seed: got %q, then %q", first, again)
	}
	if other := draw(2); slices.Equal(first, other) {
		t.Errorf("two seeds draw the same")
	}
}
