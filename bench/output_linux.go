package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"weir/bench/report"
)

// The files of a result.
const (
	resultJSON = "result.json"
	resultText = "result.md"
	resultPlot = "ratios.svg"
)

// folder is where the result goes; "": nowhere. Only a whole run may replace the
// repository's.
func (o options) folder(root string) (string, error) {
	switch {
	case o.out != "":
		return o.out, os.MkdirAll(o.out, 0o755)
	case len(o.workloads) > 0 || len(o.rivals) > 0 || root == "" && !o.quick:
		return "", nil
	case o.quick:
		return os.MkdirTemp("", "weir-bench-result-")
	}
	dir := filepath.Join(root, "docs", "bench")
	return dir, os.MkdirAll(dir, 0o755)
}

func save(dir string, r report.Result) error {
	files := map[string]func(io.Writer) error{resultJSON: r.WriteJSON, resultText: r.WriteMarkdown}
	if r.Compared() {
		files[resultPlot] = r.WritePlot
	}
	for name, write := range files {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			return fmt.Errorf("save result: %w", err)
		}
		if err := write(f); err != nil {
			f.Close()
			return fmt.Errorf("save %s: %w", name, err)
		}
		if err := f.Close(); err != nil {
			return fmt.Errorf("save result: %w", err)
		}
	}
	return nil
}
