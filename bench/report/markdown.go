package report

import (
	"fmt"
	"io"
	"strings"
)

// WriteMarkdown writes all of it for a reader.
func (r Result) WriteMarkdown(w io.Writer) error {
	var head strings.Builder
	fmt.Fprintf(&head, "# weir side by side: %s\n\n", r.Date.Format("2006-01-02"))
	fmt.Fprintf(&head, "Rounds: %d, with a window of %s. %s, %d cores; Linux %s; %s; %s; %d descriptors a balancer.\n\n",
		r.Rounds, r.Window, r.Machine.CPU, r.Machine.Cores, r.Machine.Kernel, r.Machine.Go, r.Machine.Network, r.Machine.Descriptors)
	rivals := newTable([]string{"rival", "version"})
	for _, x := range r.Rivals {
		rivals.add([]string{x.Name, x.Version})
	}
	if _, err := io.WriteString(w, head.String()); err != nil {
		return err
	}
	if err := rivals.write(w); err != nil {
		return err
	}
	for _, note := range r.Notes {
		fmt.Fprintf(w, "- %s\n", note)
	}
	if len(r.Notes) > 0 {
		fmt.Fprintln(w)
	}
	for _, part := range []struct {
		title string
		write func(io.Writer) error
	}{
		{"Targets: the median over the rounds is judged", r.WriteTargets},
		{"weir over each rival: min, median, max over the rounds", r.WriteRatios},
		{"Medians over the rounds", r.WriteMedians},
	} {
		fmt.Fprintf(w, "## %s\n\n", part.title)
		if err := part.write(w); err != nil {
			return err
		}
	}
	return nil
}

// WriteTargets writes what is wanted, what was seen, and whether that will do.
func (r Result) WriteTargets(w io.Writer) error {
	t := newTable([]string{"workload", "what", "wanted", "seen: min median max", ""})
	for _, v := range r.Targets {
		t.add([]string{v.Workload, v.What, v.Want, v.Seen.String(), v.State})
	}
	return t.write(w)
}
