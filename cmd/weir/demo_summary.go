package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
)

// summary is the demo's account of itself: who answered how many requests in
// which step, and what was lost. Steps that were not reached are left out.
func summary(steps, backends []string, c demoCounts, played time.Duration) []string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 3, ' ', tabwriter.AlignRight)
	const head, foot = "connections", "all steps"
	wide := len(head)
	for _, step := range steps {
		wide = max(wide, len(step))
	}
	row := func(title string, counts [demoBackends]int) {
		total := 0
		fmt.Fprintf(w, "%-*s\t", wide, title)
		for _, n := range counts {
			fmt.Fprintf(w, "%d\t", n)
			total += n
		}
		fmt.Fprintf(w, "%d\t\n", total)
	}
	fmt.Fprintf(w, "%-*s\t%s\ttotal\t\n", wide, head, strings.Join(backends, "\t"))
	var all [demoBackends]int
	for i, step := range steps {
		if c.answered[i] != [demoBackends]int{} {
			row(step, c.answered[i])
		}
	}
	for i := range all {
		all[i] = c.backend(i)
	}
	row(foot, all)
	w.Flush()
	lines := strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
	lines = append(lines, "", fmt.Sprintf("%d requests in %s, failed: %d", c.total(), played.Round(100*time.Millisecond), c.failed))
	if c.cut > 0 {
		lines = append(lines, fmt.Sprintf("not counted as failed: %d cut when the very backend that they were joined to was killed", c.cut))
	}
	return lines
}
