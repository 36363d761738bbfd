package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// A table is written in Markdown, which reads well in a terminal too.
type table struct{ rows [][]string }

func newTable(head []string) *table {
	rule := make([]string, len(head))
	for i := range rule {
		rule[i] = "---"
	}
	return &table{[][]string{head, rule}}
}

func (t *table) add(row []string) { t.rows = append(t.rows, row) }

func (t *table) write(w io.Writer) error {
	if len(t.rows) < 3 {
		return nil
	}
	aligned := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	for _, row := range t.rows {
		fmt.Fprintf(aligned, "| %s\t|\n", strings.Join(row, "\t| "))
	}
	fmt.Fprintln(aligned)
	return aligned.Flush()
}
