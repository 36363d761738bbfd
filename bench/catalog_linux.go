package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/perf/benchfmt"

	"weir/bench/load"
	"weir/bench/report"
)

// catalogName is the workload that weir's own Go benchmarks are: what a change of
// the catalog costs, stage by stage.
const catalogName = "catalog"

// benchmark is the name of the Go benchmark, wherever it is.
const benchmark = "BenchmarkCatalog"

// A catalog is the test binaries that have the benchmark.
type catalog struct {
	binaries  []testBinary
	benchtime string // -test.benchtime
}

type testBinary struct{ path, dir string }

var catalogColumns = []report.Column{{Figure: report.CPU, Unit: "ms/change"}, {Figure: report.Time, Unit: "ms/change"}}

// buildCatalog compiles them. Notes say what is not there.
func buildCatalog(ctx context.Context, root, temp string, quick bool) (c *catalog, notes []string) {
	c = &catalog{benchtime: "500ms"}
	if quick {
		c.benchtime = "100ms"
	}
	if root == "" {
		return c, []string{"catalog is not measured outside of weir's repository"}
	}
	for _, pkg := range []string{"cmd/weir", "discovery"} {
		b := testBinary{filepath.Join(temp, filepath.Base(pkg)+".test"), filepath.Join(root, pkg)}
		cmd := exec.CommandContext(ctx, "go", "test", "-c", "-o", b.path, "./"+pkg)
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			notes = append(notes, fmt.Sprintf("catalog is not measured in %s: %v: %s", pkg, err, firstLine(out)))
			continue
		}
		if out, err := exec.CommandContext(ctx, b.path, "-test.list", "^"+benchmark+"$").Output(); err == nil && bytes.Contains(out, []byte(benchmark)) {
			c.binaries = append(c.binaries, b)
		}
	}
	if len(c.binaries) == 0 {
		notes = append(notes, "catalog is not measured: the repository has no "+benchmark)
	}
	return c, notes
}

func firstLine(out []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return line
}

// step runs each benchmark once.
func (c *catalog) step() step {
	return step{
		name:   catalogName,
		expect: 10 * time.Second * time.Duration(len(c.binaries)),
		do: func(ctx context.Context, tell func(load.Progress)) []report.Sample {
			var samples []report.Sample
			for _, b := range c.binaries {
				tell(load.Progress{Phase: filepath.Base(b.dir)})
				cmd := exec.CommandContext(ctx, b.path, "-test.run", "^$", "-test.bench", "^"+benchmark+"$", "-test.benchtime", c.benchtime)
				cmd.Dir = b.dir
				out, err := cmd.CombinedOutput()
				if err != nil {
					err = fmt.Errorf("%w: %s", err, firstLine(out))
					samples = append(samples, report.Sample{Workload: catalogName, Rival: filepath.Base(b.dir), Errors: 1, Error: err.Error()})
					continue
				}
				samples = append(samples, parseCatalog(bytes.NewReader(out))...)
			}
			return samples
		},
	}
}

// parseCatalog takes a sample from each result: "BenchmarkCatalog/apply/10000-2"
// is the row "apply/10000".
func parseCatalog(out io.Reader) []report.Sample {
	var samples []report.Sample
	reader := benchfmt.NewReader(out, benchmark)
	for reader.Scan() {
		result, ok := reader.Result().(*benchfmt.Result)
		if !ok {
			continue // other output of the tests
		}
		_, parts := result.Name.Parts()
		var row []string
		for _, part := range parts {
			if name, is := strings.CutPrefix(string(part), "/"); is {
				row = append(row, name)
			}
		}
		s := report.Sample{Workload: catalogName, Rival: strings.Join(row, "/"), Figures: map[report.Figure]float64{}}
		for figure, unit := range map[report.Figure]string{report.Time: "sec/op", report.CPU: "cpu-sec/op"} { // as benchfmt has ns/op
			if v, ok := result.Value(unit); ok {
				s.Figures[figure] = v * 1e3
			}
		}
		samples = append(samples, s)
	}
	return samples
}
