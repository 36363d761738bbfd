package main

import (
	"slices"
	"time"

	"weir/bench/load"
	"weir/bench/report"
)

// A workload is one kind of work that every rival does.
type workload struct {
	name    string
	columns []report.Column
	job     load.Job
	figures func(outcome) map[report.Figure]float64

	needs      needs
	banner     bool // the backends speak first
	heartbeats bool // weir sends heartbeats
	flap       bool // of which some are a change each
}

// An outcome is what a measurement came to.
type outcome struct {
	load.Result
	changes int // of weir's eligible set, within the window
}

// needs says which rivals a workload makes sense for.
type needs int

const (
	anybody     needs = iota
	aBalancer         // not direct
	weirItself        // its catalog, its heartbeats
	ownSettings       // a balancer whose settings could matter here: not the one that only splices more
)

func (n needs) suits(r rival) bool {
	switch n {
	case aBalancer:
		return r.name != direct
	case ownSettings:
		return r.name != direct && r.name != "haproxy-splice"
	case weirItself:
		return r.weir
	}
	return true
}

// window is how long it is measured: weir against itself for longer, since a
// difference of 5 % is to be seen.
func (w workload) window(usual time.Duration) time.Duration {
	if w.needs == weirItself {
		return 2 * usual
	}
	return usual
}

// expect is about how long a measurement takes.
func (w workload) expect(window time.Duration) time.Duration {
	switch {
	case w.job.Rest > 0:
		return 1500*time.Millisecond + time.Duration(w.job.Rest)*200*time.Microsecond
	case w.job.Count > 0:
		return 2 * time.Second
	}
	return w.window(window)*5/4 + 300*time.Millisecond
}

// find returns the workloads of those names, in their own order.
func find(all []workload, names []string) []workload {
	return slices.DeleteFunc(slices.Clone(all), func(w workload) bool { return !slices.Contains(names, w.name) })
}
