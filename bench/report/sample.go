// Package report makes of the raw figures what a reader wants: medians, ratios
// of weir to each rival, whether the targets are met, and a plot.
package report

import (
	"cmp"
	"math"
	"slices"
)

// A Figure is one number that a measurement yields.
type Figure string

// The figures. Which unit cost and throughput have depends on the workload.
const (
	Cost       Figure = "cost"       // the balancer's on-CPU time per unit of work
	Throughput Figure = "throughput" // units of work per second
	P50        Figure = "p50"        // latency, µs
	P99        Figure = "p99"
	P999       Figure = "p99.9"

	Bulk        Figure = "bulk"        // GB/s that move beside the messages
	Memory      Figure = "memory"      // bytes for each connection at rest
	Descriptors Figure = "descriptors" // for each connection at rest
	Held        Figure = "held"        // connections at rest that still work
	Natural     Figure = "natural"     // TCP segments of a connection
	BytesFirst  Figure = "bytes-first" // the same where the client's bytes are there at accept
	Changes     Figure = "changes"     // of the eligible set per second, seen in weir's log
	CPU         Figure = "cpu"         // ms of CPU for a change of the catalog
	Time        Figure = "time"        // ms until it is done
)

// Weir is the rival that the others are compared with.
const Weir = "weir"

// A Sample is one measurement of one rival under one workload.
type Sample struct {
	Round    int
	Workload string
	Rival    string
	Figures  map[Figure]float64
	Errors   uint64
	Error    string `json:",omitempty"` // the first of them, or why there are no figures
	Raw      any    `json:",omitempty"` // what the figures are made of
}

// Samples are all of a run.
type Samples []Sample

// Values returns one figure of every round, in order of the rounds.
func (s Samples) Values(workload, rival string, f Figure) []float64 {
	return inOrder(s.byRound(pair{workload, rival}, f))
}

// Rivals returns who was measured under a workload, in the order of the samples.
func (s Samples) Rivals(workload string) []string {
	var rivals []string
	for _, x := range s {
		if x.Workload == workload && !slices.Contains(rivals, x.Rival) {
			rivals = append(rivals, x.Rival)
		}
	}
	return rivals
}

// A Spread is where the values of several rounds lie.
type Spread struct {
	Min, Median, Max float64
	N                int // rounds; 0: none
}

// SpreadOf sorts a copy.
func SpreadOf(values []float64) Spread {
	if len(values) == 0 {
		return Spread{math.NaN(), math.NaN(), math.NaN(), 0}
	}
	sorted := slices.SortedFunc(slices.Values(values), cmp.Compare[float64])
	n := len(sorted)
	return Spread{sorted[0], (sorted[(n-1)/2] + sorted[n/2]) / 2, sorted[n-1], n}
}

// Median of one figure over the rounds; NaN if there is none.
func (s Samples) Median(workload, rival string, f Figure) float64 {
	return SpreadOf(s.Values(workload, rival, f)).Median
}
