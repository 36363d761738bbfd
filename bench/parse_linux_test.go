package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"weir/bench/load"
	"weir/bench/report"
)

func TestParseCatalog(t *testing.T) {
	const out = `goos: linux
goarch: amd64
pkg: weir/cmd/weir
2026-11-22T13:00:00.000Z [INFO]  noise of a test
BenchmarkCatalog/gunzip/10-2         	   10000	      1500 ns/op	      1600 cpu-ns/op
BenchmarkCatalog/apply/10000-2       	     200	   4000000 ns/op	   5500000 cpu-ns/op	  123456 B/op	     789 allocs/op
BenchmarkCatalog/apply-mixed/10000   	     200	   6000000 ns/op
PASS
`
	got := report.Samples(parseCatalog(strings.NewReader(out)))
	if len(got) != 3 {
		t.Fatalf("got %+v, want 3 samples", got)
	}
	for _, c := range []struct {
		row    string
		figure report.Figure
		want   float64
	}{
		{"gunzip/10", report.Time, 0.0015},
		{"apply/10000", report.CPU, 5.5},
		{"apply/10000", report.Time, 4},
		{"apply-mixed/10000", report.Time, 6},
	} {
		if got := got.Median(catalogName, c.row, c.figure); got < c.want*0.999 || got > c.want*1.001 {
			t.Errorf("%s %s: got %v ms, want %v", c.row, c.figure, got, c.want)
		}
	}
	if _, ok := got[2].Figures[report.CPU]; ok {
		t.Error("a figure that isn't there was found")
	}
}

func TestCountChanges(t *testing.T) {
	const log = `2026-11-22T13:00:00.900Z [INFO]  weir.balance: eligible set changed: service=bench eligible=4 of=10
2026-11-22T13:00:01.000Z [INFO]  weir.balance: eligible set changed: service=bench eligible=5 of=10
2026-11-22T13:00:01.100Z [INFO]  weir.health: backend is up: eligible=maybe
2026-11-22T14:00:02.499+0100 [INFO]  weir.balance: eligible set changed: service=bench eligible=4 of=10
2026-11-22T13:00:02.500Z [INFO]  weir.balance: eligible set changed: service=bench eligible=5 of=10
`
	from := time.Date(2026, 11, 22, 13, 0, 1, 0, time.UTC)
	got, err := countChanges(strings.NewReader(log), from, 1500*time.Millisecond)
	if err != nil || got != 2 {
		t.Errorf("got %d, %v, want 2", got, err)
	}
	if _, err := countChanges(strings.NewReader("later [INFO] eligible set changed"), from, time.Second); err == nil {
		t.Error("a line without a time: want an error")
	}
}

func TestListen(t *testing.T) {
	phases := ""
	tell := func(p load.Progress) { phases += p.Phase }
	got, err := listen(strings.NewReader(`{"Progress":{"Phase":"warm"}}{"Result":{"Elapsed":5}}`), tell)
	if err != nil || got.Elapsed != 5 || phases != "warm" {
		t.Errorf("got %+v, %v after %q", got, err, phases)
	}
	for _, wrong := range []string{"", `{"Progress":{"Phase":"warm"}}`, `{"Result":{`} {
		if _, err := listen(strings.NewReader(wrong), tell); err == nil {
			t.Errorf("%q: want an error", wrong)
		}
	}
}

func TestSample(t *testing.T) {
	w := workload{name: "w", job: load.Job{Rest: 10}, figures: func(outcome) map[report.Figure]float64 { return nil }}
	r := rival{name: "r"}
	for _, c := range []struct {
		name   string
		result load.Result
		err    error
		errors uint64
		text   string
	}{
		{"good", load.Result{CPU: time.Second, CPUStat: time.Second + coarse}, nil, 0, ""},
		{"failed", load.Result{}, errors.New("no start"), 1, "no start"},
		{"errors of two crews", load.Result{Crews: []load.Tally{{Errors: 2, Error: "reset"}, {Errors: 3, Error: "eof"}}}, nil, 5, "reset"},
		{"not held", load.Result{Rest: &load.Rest{Held: 7, Error: "refused"}}, nil, 3, "refused"},
		{"threads ended", load.Result{CPU: time.Second, CPUStat: 1200 * time.Millisecond}, nil, 0, "the cost misses 200ms of threads that ended"},
	} {
		got := w.sample(r, outcome{Result: c.result}, c.err)
		if got.Errors != c.errors || got.Error != c.text || got.Workload != "w" || got.Rival != "r" {
			t.Errorf("%s: got %+v, want %d errors, %q", c.name, got, c.errors, c.text)
		}
	}
}
