package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"weir/bench/load"
	"weir/bench/report"
)

// measure runs a workload against a rival: with fresh origins, a fresh balancer
// and fresh clients, each in a process of its own.
func (b *bench) measure(ctx context.Context, w workload, r rival, tell func(load.Progress)) (outcome, error) {
	dir, err := os.MkdirTemp(b.temp, "cell")
	if err != nil {
		return outcome{}, err
	}
	defer os.RemoveAll(dir)
	job := w.job
	job.Window = w.window(b.window)
	job.Warm = job.Window / 4
	job.Counters = filepath.Join(dir, "counters")

	o, err := b.startOrigins(w, job.Counters)
	if err != nil {
		return outcome{}, err
	}
	defer o.stop()
	job.Origin = o.cmd.Process.Pid
	if r.name == direct {
		for _, port := range o.ports {
			job.Addrs = append(job.Addrs, loopback(port))
		}
		result, err := b.runClient(ctx, job, tell)
		return outcome{Result: result}, err
	}

	balancer, err := b.startBalancer(r, o, dir)
	if err != nil {
		return outcome{}, err
	}
	defer balancer.stop()
	job.Addrs = []string{loopback(balancer.port)}
	job.Balancer = balancer.pid()
	result, err := b.runClient(ctx, job, tell)
	if err != nil {
		return outcome{}, fmt.Errorf("%w%s", err, balancer.lastWords())
	}
	changes := 0
	if w.heartbeats {
		changes, err = balancer.changes(result.Began, result.Elapsed)
	}
	return outcome{result, changes}, err
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// sample turns what a measurement came to into figures.
func (w workload) sample(r rival, o outcome, err error) report.Sample {
	s := report.Sample{Workload: w.name, Rival: r.name}
	if err != nil {
		s.Errors, s.Error = 1, err.Error()
		return s
	}
	s.Figures, s.Raw = w.figures(o), o.Result
	note := func(n uint64, text string) {
		s.Errors += n
		if s.Error == "" {
			s.Error = text
		}
	}
	for _, t := range o.Crews {
		note(t.Errors, t.Error)
	}
	if o.Rest != nil && o.Rest.Held < w.job.Rest {
		note(uint64(w.job.Rest-o.Rest.Held), o.Rest.Error)
	}
	if lost := o.CPUStat - o.CPU; lost > o.CPU/20+coarse {
		note(0, fmt.Sprintf("the cost misses %s of threads that ended", lost))
	}
	return s
}
