package report

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// A Column is a figure as a workload shows it.
type Column struct {
	Figure Figure
	Unit   string // "" where the figure's name says all
}

// A Section is how the figures of one workload are shown.
type Section struct {
	Workload string
	Columns  []Column
	Alone    bool // weir alone is measured: there is nobody to compare with
}

// WriteMedians writes the absolute medians, a row per workload and rival.
func (r Result) WriteMedians(w io.Writer) error {
	for _, section := range r.Sections {
		head := []string{section.Workload}
		for _, c := range section.Columns {
			head = append(head, strings.TrimSpace(string(c.Figure)+" "+c.Unit))
		}
		table := newTable(append(head, "errors"))
		for _, rival := range r.rows(section.Workload) {
			row := []string{rival}
			for _, c := range section.Columns {
				row = append(row, number(r.Samples.Median(section.Workload, rival, c.Figure)))
			}
			table.add(append(row, fmt.Sprint(r.Samples.errors(section.Workload, rival))))
		}
		if err := table.write(w); err != nil {
			return err
		}
	}
	return nil
}

// WriteRatios writes weir over each rival: min, median, max over the rounds.
func (r Result) WriteRatios(w io.Writer) error {
	for _, section := range r.Sections {
		if section.Alone {
			continue
		}
		head := []string{section.Workload}
		for _, c := range section.Columns {
			head = append(head, string(c.Figure))
		}
		table := newTable(head)
		for _, rival := range r.rows(section.Workload) {
			row, compared := []string{Weir + "/" + rival}, false
			for _, c := range section.Columns {
				ratio := r.Samples.Ratio(section.Workload, Weir, rival, c.Figure)
				compared = compared || ratio.N > 0
				row = append(row, ratio.String())
			}
			if compared && rival != Weir {
				table.add(row)
			}
		}
		if err := table.write(w); err != nil {
			return err
		}
	}
	return nil
}

// rows are those measured under a workload, in the order of all rivals. Rows that
// are no rivals keep the order in which they came.
func (r Result) rows(workload string) []string {
	rows := r.Samples.Rivals(workload)
	place := func(name string) int {
		return slices.IndexFunc(r.Rivals, func(x Rival) bool { return x.Name == name })
	}
	slices.SortStableFunc(rows, func(a, b string) int { return cmp.Compare(place(a), place(b)) })
	return rows
}

func (s Samples) errors(workload, rival string) (n uint64) {
	for _, x := range s {
		if x.Workload == workload && x.Rival == rival {
			n += x.Errors
		}
	}
	return n
}

// String is "min median max".
func (s Spread) String() string {
	if s.N == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f %.2f %.2f", s.Min, s.Median, s.Max)
}

func number(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v):
		return "-"
	case a >= 100:
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	case a >= 0.1 || a == 0:
		return fmt.Sprintf("%.2f", v)
	default:
		return fmt.Sprintf("%.2g", v)
	}
}
