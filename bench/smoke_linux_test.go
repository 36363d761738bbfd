package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"weir/bench/report"
)

// TestSmoke builds the benchmark and weir, and has them meet briefly.
func TestSmoke(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds two programs and measures for some seconds")
	}
	root := repository()
	if root == "" {
		t.Skip("weir's repository isn't around")
	}
	weir, err := buildWeir(t.Context(), root, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	bench, out := filepath.Join(t.TempDir(), "bench"), t.TempDir()
	if text, err := exec.CommandContext(t.Context(), "go", "build", "-o", bench, ".").CombinedOutput(); err != nil {
		t.Fatalf("build the benchmark: %v: %s", err, text)
	}
	text, err := exec.CommandContext(t.Context(), bench, "--weir", weir, "--rivals", "direct,weir", "--workloads", "conn,rr-64-32,bulk-down-2,churn",
		"--rounds", "1", "--window", "300ms", "--out", out).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	result, err := os.ReadFile(filepath.Join(out, resultJSON))
	if err != nil {
		t.Fatal(err)
	}
	var got report.Result
	if err := json.Unmarshal(result, &got); err != nil {
		t.Fatal(err)
	}
	const want = 3*2 + 3 // churn is of weir alone, in three variants
	if len(got.Samples) != want {
		t.Errorf("got %d samples, want %d", len(got.Samples), want)
	}
	for _, s := range got.Samples {
		_, cost := s.Figures[report.Cost]
		if s.Errors > 0 || s.Figures[report.Throughput] <= 0 || cost != (s.Rival == "weir") {
			t.Errorf("got %+v", s)
		}
	}
	if v := got.Samples.Median("churn", "weir", report.Changes); !(v > 10) {
		t.Errorf("got %v changes a second, want about 50", v)
	}
	if v := got.Samples.Median("churn-still", "weir", report.Changes); v != 0 {
		t.Errorf("got %v changes a second where nothing changes", v)
	}
}
