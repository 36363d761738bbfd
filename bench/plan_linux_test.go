package main

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/bench/load"
	"weir/bench/report"
)

func names(all []workload) []string {
	var list []string
	for _, w := range all {
		list = append(list, w.name)
	}
	return list
}

func TestPick(t *testing.T) {
	all := []string{"conn", "rr-64-1", "rr-64-1000", "rr-4k-1", "churn", "churn-none"}
	for _, c := range []struct {
		wanted   string
		families bool
		want     string // "": an error
	}{
		{"", true, "conn rr-64-1 rr-64-1000 rr-4k-1 churn churn-none"},
		{"rr", true, "rr-64-1 rr-64-1000 rr-4k-1"},
		{"rr-64,conn", true, "conn rr-64-1 rr-64-1000"},
		{"rr-64-1", true, "rr-64-1"},
		{"churn", true, "churn churn-none"},
		{"churn", false, "churn"},
		{"r", true, ""},
		{"rr", false, ""},
		{"conn,nonsense", true, ""},
	} {
		var wanted []string
		if c.wanted != "" {
			wanted = strings.Split(c.wanted, ",")
		}
		got, err := pick("workload", all, wanted, c.families)
		if strings.Join(got, " ") != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%q: got %q, %v, want %q", c.wanted, got, err, c.want)
		}
	}
}

// TestSteps sees to it that in each round every workload meets every rival that
// it suits, and that no rival is always the first.
func TestSteps(t *testing.T) {
	b := &bench{window: time.Second}
	rivals := []rival{{name: direct}, {name: "weir", weir: true}, {name: "haproxy-splice"}, {name: "nginx"}}
	first := map[string]map[string]bool{}
	for round := range 4 {
		count := map[string]int{}
		for _, s := range b.steps(round, workloads(), rivals) {
			f := strings.Fields(s.name)
			if count[f[0]] == 0 {
				if first[f[0]] == nil {
					first[f[0]] = map[string]bool{}
				}
				first[f[0]][f[1]] = true
			}
			count[f[0]]++
		}
		for workload, want := range map[string]int{"conn": 4, "bulk-up-32": 4, "idle-3000": 2, "churn": 1, "segments": 4} {
			if count[workload] != want {
				t.Errorf("round %d: %s is measured %d times, want %d", round, workload, count[workload], want)
			}
		}
	}
	for workload, want := range map[string]int{"conn": 4, "mixed": 4, "idle-9900": 2} {
		if got := len(first[workload]); got != want {
			t.Errorf("%s: %d rivals came first in four rounds, want %d", workload, got, want)
		}
	}
}

func TestAlternate(t *testing.T) {
	all := workloads()
	even, odd := names(alternate(0, all)), names(alternate(1, all))
	if !slices.Equal(even, names(all)) {
		t.Errorf("got %q in an even round, want them in order", even)
	}
	if i := slices.Index(odd, "churn"); odd[i+1] != "churn-still" || odd[i+2] != "churn-none" || odd[i-1] != "conn" {
		t.Errorf("got %q in an odd round, want only those of churn turned round", odd)
	}
}

// TestTargets looks for every target's workload among those that there are.
func TestTargets(t *testing.T) {
	known := append(names(workloads()), catalogName)
	for _, target := range report.Targets() {
		if !slices.Contains(known, target.Workload) {
			t.Errorf("the target %q of %q is of no workload", target.What, target.Workload)
		}
	}
	none := report.Result{}
	if err := none.WriteTargets(io.Discard); err != nil {
		t.Error(err)
	}
}

// TestColumns has each workload yield the figures that it shows.
func TestColumns(t *testing.T) {
	tally := load.Tally{Ops: 10, Bytes: 1e9, Latency: load.Latency{P50: 1000, P99: 2000, P999: 3000}}
	o := outcome{load.Result{
		Elapsed: time.Second, CPU: time.Second, Crews: []load.Tally{tally, tally},
		Rest: &load.Rest{Held: 1}, Segments: &load.Segments{Natural: 20},
	}, 50}
	for _, w := range workloads() {
		figures := w.figures(o)
		for _, c := range w.columns {
			if _, ok := figures[c.Figure]; !ok {
				t.Errorf("%s shows %s, which it doesn't measure", w.name, c.Figure)
			}
		}
		if len(figures) != len(w.columns) {
			t.Errorf("%s measures %v, and shows %d", w.name, figures, len(w.columns))
		}
	}
	if got := perOperation(o); got[report.Cost] != 1e5 || got[report.Throughput] != 10 || got[report.P99] != 2 {
		t.Errorf("got %v", got)
	}
	if got := perGigabyte(o); got[report.Cost] != 1000 || got[report.Throughput] != 1 {
		t.Errorf("got %v", got)
	}
}
