package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// A demoStep is one scene of the cycle.
type demoStep struct {
	title string
	enter func(context.Context) error // what happens at its beginning
}

const (
	demoStepLength = 5 * time.Second // unless the demo's length says otherwise
	heavyWeight    = 12              // beside 5 and 3: round shares again
)

// stepLength splits the demo's length into whole cycles, so that it shows every
// step equally long.
func stepLength(total time.Duration) time.Duration {
	if total == 0 {
		return demoStepLength
	}
	const cycle = demoSteps * demoStepLength
	cycles := max(1, (total+cycle/2)/cycle)
	return total / (cycles * demoSteps)
}

// steps are the scenes, in order: the first one follows the last.
func (d *demo) steps() [demoSteps]demoStep {
	s := d.stage
	blue, red := s.backends[0], s.backends[2]
	atStart := s.weights[2]
	return [demoSteps]demoStep{
		{
			title: "all up, weights " + strings.Trim(fmt.Sprint(s.weights), "[]"),
			enter: func(context.Context) error {
				if d.cycles++; d.cycles == 1 {
					d.journal.note("demo: sending %d requests a second, each on a new connection", time.Second/demoPace)
					return nil
				}
				return d.reweight(red, heavyWeight, atStart)
			},
		},
		{
			title: blue.name + " killed",
			enter: func(context.Context) error {
				blue.kill()
				d.journal.note("demo: killed %s, %s refuses connections", blue.name, blue.addr)
				return nil
			},
		},
		{
			title: blue.name + " brought back",
			enter: func(ctx context.Context) error {
				if err := blue.revive(ctx); err != nil {
					return err
				}
				d.journal.note("demo: brought back %s, %s answers again", blue.name, blue.addr)
				return nil
			},
		},
		{
			title: fmt.Sprintf("%s at weight %d", red.name, heavyWeight),
			enter: func(context.Context) error { return d.reweight(red, atStart, heavyWeight) },
		},
	}
}

// reweight rewrites a backend's service file.
func (d *demo) reweight(b *demoServer, from, to int) error {
	if err := d.stage.define(b, to); err != nil {
		return fmt.Errorf("change a weight: %w", err)
	}
	d.journal.note("demo: changed the weight of %s from %d to %d in services.d/%s.hcl", b.name, from, to, b.name)
	return nil
}
