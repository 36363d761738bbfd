package report

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// A Result is all that one run of the benchmark tells.
type Result struct {
	Date    time.Time
	Machine Machine
	Rounds  int
	Window  string // of one measurement
	Rivals  []Rival
	Notes   []string // what a reader must know, such as who is missing
	Targets []Verdict
	Samples Samples

	Sections []Section `json:"-"`
}

// A Machine is where it was measured.
type Machine struct {
	CPU         string
	Cores       int
	Kernel      string
	Go          string
	Network     string
	Descriptors int // that each balancer may have
}

// A Rival is one that was measured.
type Rival struct{ Name, Version string }

// WriteJSON writes a line per sample, so that two results can be compared line by line.
func (r Result) WriteJSON(w io.Writer) error {
	samples := r.Samples
	r.Samples = nil
	head, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	const empty = `"Samples": null` + "\n}"
	if _, err := fmt.Fprintf(w, "%s\"Samples\": [\n", head[:len(head)-len(empty)]); err != nil {
		return err
	}
	for i, s := range samples {
		line, err := json.Marshal(s)
		if err != nil {
			return fmt.Errorf("write result: %w", err)
		}
		comma := ","
		if i == len(samples)-1 {
			comma = ""
		}
		if _, err := fmt.Fprintf(w, "    %s%s\n", line, comma); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintln(w, "  ]\n}")
	return err
}

// MarshalJSON writes no numbers where there are none: JSON has no NaN.
func (s Spread) MarshalJSON() ([]byte, error) {
	if s.N == 0 {
		return []byte("null"), nil
	}
	type plain Spread
	return json.Marshal(plain(s))
}
