package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"weir/bench/child"
	"weir/bench/report"
)

// A bench is one run of the benchmark.
type bench struct {
	self    string // this program
	temp    string // folder
	window  time.Duration
	spawner *child.Spawner
	ports   *child.Ports
}

func run(ctx context.Context, o options) error {
	chosen, withCatalog, err := o.chosen()
	if err != nil {
		return err
	}
	b, err := newBench(o)
	if err != nil {
		return err
	}
	defer os.RemoveAll(b.temp)
	root := repository()
	weir, err := weirBinary(ctx, o, root, b.temp)
	if err != nil {
		return err
	}
	rivals, notes, err := findRivals(o, weir)
	if err != nil {
		return err
	}
	c := &catalog{}
	if withCatalog {
		var more []string
		c, more = buildCatalog(ctx, root, b.temp, o.quick)
		notes = append(notes, more...)
	}
	if ctx.Err() != nil {
		return context.Canceled
	}
	dir, err := o.folder(root)
	if err != nil {
		return err
	}

	r := b.describe(o, rivals, chosen, withCatalog)
	r.Notes = notes
	greet(r)
	p := newProgress(os.Stderr)
	r.Samples = b.rounds(ctx, o.rounds, func(round int) []step {
		steps := b.steps(round, chosen, rivals)
		if len(c.binaries) > 0 {
			steps = append(steps, c.step())
		}
		return steps
	}, p)
	p.clear()
	return finish(ctx, r, dir)
}

// describe is the result before anything is measured.
func (b *bench) describe(o options, rivals []rival, chosen []workload, withCatalog bool) report.Result {
	r := report.Result{Date: time.Now(), Machine: machine(b.spawner.Isolated), Rounds: o.rounds, Window: o.window.String()}
	for _, x := range rivals {
		r.Rivals = append(r.Rivals, report.Rival{Name: x.name, Version: x.version})
	}
	for _, w := range chosen {
		r.Sections = append(r.Sections, report.Section{Workload: w.name, Columns: w.columns, Alone: w.needs == weirItself})
	}
	if withCatalog {
		r.Sections = append(r.Sections, report.Section{Workload: catalogName, Columns: catalogColumns, Alone: true})
	}
	return r
}

// newBench makes what all measurements share.
func newBench(o options) (*bench, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	spawner, err := child.NewSpawner(o.shared)
	if err != nil {
		return nil, err
	}
	temp, err := os.MkdirTemp("", "weir-bench-")
	if err != nil {
		return nil, err
	}
	return &bench{self: self, temp: temp, window: o.window, spawner: spawner, ports: child.NewPorts(spawner)}, nil
}

func greet(r report.Result) {
	for _, x := range r.Rivals {
		fmt.Fprintf(os.Stderr, "%-15s %s\n", x.Name, x.Version)
	}
	for _, note := range r.Notes {
		fmt.Fprintln(os.Stderr, "NOTE:", note)
	}
}

// finish prints what was measured, and saves it if that is all.
func finish(ctx context.Context, r report.Result, dir string) error {
	if len(r.Samples) == 0 {
		return context.Cause(ctx)
	}
	for _, t := range report.Targets() {
		if slices.ContainsFunc(r.Sections, func(s report.Section) bool { return s.Workload == t.Workload }) {
			r.Targets = append(r.Targets, t.Judge(r.Samples))
		}
	}
	if err := r.WriteMarkdown(os.Stdout); err != nil {
		return err
	}
	switch {
	case ctx.Err() != nil:
		return context.Canceled
	case dir == "":
		return nil
	}
	if err := save(dir, r); err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "saved in", dir)
	return nil
}
