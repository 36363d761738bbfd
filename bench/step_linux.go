package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"weir/bench/load"
	"weir/bench/report"
)

// coarse is what a time of stat, in units of 10 ms, may be off at both ends of a window.
const coarse = 30 * time.Millisecond

// A step is one measurement of a round.
type step struct {
	name   string
	expect time.Duration
	do     func(ctx context.Context, tell func(load.Progress)) []report.Sample
}

// steps are a round's: workload by workload, all rivals one after the other. Each
// round and each workload begins with another rival. Workloads of weir alone are
// compared with one another, so these change places too.
func (b *bench) steps(round int, all []workload, rivals []rival) []step {
	var list []step
	for i, w := range alternate(round, all) {
		suited := slices.DeleteFunc(slices.Clone(rivals), func(r rival) bool { return !w.needs.suits(r) })
		for k := range suited {
			r := suited[(k+round+i)%len(suited)]
			list = append(list, step{
				name:   fmt.Sprintf("%-12s %s", w.name, r.name),
				expect: w.expect(b.window),
				do: func(ctx context.Context, tell func(load.Progress)) []report.Sample {
					o, err := b.measure(ctx, w, r, tell)
					return []report.Sample{w.sample(r, o, err)}
				},
			})
		}
	}
	return list
}

// alternate turns the order of weir's own workloads round in every other round.
func alternate(round int, all []workload) []workload {
	all = slices.Clone(all)
	own := func(w workload) bool { return w.needs == weirItself }
	if first := slices.IndexFunc(all, own); first >= 0 && round%2 == 1 {
		last := first
		for last < len(all) && own(all[last]) {
			last++
		}
		slices.Reverse(all[first:last])
	}
	return all
}

// rounds does all steps of each round. When ctx ends it returns what it has.
func (b *bench) rounds(ctx context.Context, n int, plan func(round int) []step, p *progress) report.Samples {
	for round := range n {
		for _, s := range plan(round) {
			p.total += s.expect
		}
	}
	var samples report.Samples
	for round := range n {
		for _, s := range plan(round) {
			if ctx.Err() != nil {
				return samples
			}
			p.begin(fmt.Sprintf("round %d/%d  %s", round+1, n, s.name))
			got := s.do(ctx, p.show)
			if ctx.Err() != nil {
				return samples // a measurement cut short is none
			}
			p.end(s.expect)
			for _, x := range got {
				x.Round = round + 1
				if x.Error != "" {
					p.note(fmt.Sprintf("%s %s: %d errors: %s", x.Workload, x.Rival, x.Errors, x.Error))
				}
				samples = append(samples, x)
			}
		}
	}
	return samples
}
