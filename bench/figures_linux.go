package main

import (
	"time"

	"weir/bench/report"
)

// exchange is how work that comes in operations is shown.
func exchange(what string) []report.Column {
	return append([]report.Column{
		{Figure: report.Cost, Unit: "µs/" + what},
		{Figure: report.Throughput, Unit: what + "s/s"},
	}, latency()...)
}

func latency() []report.Column {
	return []report.Column{
		{Figure: report.P50, Unit: "µs"},
		{Figure: report.P99, Unit: "µs"},
		{Figure: report.P999, Unit: "µs"},
	}
}

// perOperation charges the first crew's operations.
func perOperation(o outcome) map[report.Figure]float64 {
	figures := onlyLatency(o)
	ops := float64(o.Crews[0].Ops)
	figures[report.Throughput] = ops / o.Elapsed.Seconds()
	if ops > 0 && o.CPU > 0 {
		figures[report.Cost] = micros(o.CPU) / ops
	}
	return figures
}

// perGigabyte charges the first crew's bytes.
func perGigabyte(o outcome) map[report.Figure]float64 {
	gigabytes := float64(o.Crews[0].Bytes) / 1e9
	figures := map[report.Figure]float64{report.Throughput: gigabytes / o.Elapsed.Seconds()}
	if gigabytes > 0 && o.CPU > 0 {
		figures[report.Cost] = micros(o.CPU) / 1e3 / gigabytes
	}
	return figures
}

// besideBulk looks at the first crew's messages beside the second's streams. A
// cost per unit would mix the two, so there is none.
func besideBulk(o outcome) map[report.Figure]float64 {
	figures := onlyLatency(o)
	figures[report.Throughput] = float64(o.Crews[0].Ops) / o.Elapsed.Seconds()
	figures[report.Bulk] = float64(o.Crews[1].Bytes) / 1e9 / o.Elapsed.Seconds()
	return figures
}

func onlyLatency(o outcome) map[report.Figure]float64 {
	figures := map[report.Figure]float64{}
	if t := o.Crews[0]; t.Ops > 0 {
		figures[report.P50] = micros(t.Latency.P50)
		figures[report.P99] = micros(t.Latency.P99)
		figures[report.P999] = micros(t.Latency.P999)
	}
	return figures
}

func perSegment(o outcome) map[report.Figure]float64 {
	return map[report.Figure]float64{report.Natural: o.Segments.Natural, report.BytesFirst: o.Segments.BytesFirst}
}

func atRest(o outcome) map[report.Figure]float64 {
	return map[report.Figure]float64{
		report.Memory:      o.Rest.Bytes,
		report.Descriptors: o.Rest.Descriptors,
		report.Held:        float64(o.Rest.Held),
	}
}

func whileChanging(o outcome) map[report.Figure]float64 {
	figures := perOperation(o)
	figures[report.Changes] = float64(o.changes) / o.Elapsed.Seconds()
	return figures
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
