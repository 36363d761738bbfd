package main

import (
	"fmt"
	"strings"
	"time"
)

// A demoFrame is all that the demo shows at one moment.
type demoFrame struct {
	intro       []string
	elapsed     time.Duration
	step        string
	rows        []demoRow
	failed, cut int
	notes       []demoNote // the newest last
}

// A demoRow is one backend.
type demoRow struct {
	name, addr    string
	weight        int    // as weir has it
	state         string // as weir sees it: up, down, unproven, or why it isn't known
	second, total int    // connections in the last second, and since the start
}

// demoLine is a line on a terminal, and the sequence that styles it.
type demoLine struct{ text, style string }

const (
	styleNone = ""
	styleBold = "\x1b[1m"
	styleRed  = "\x1b[31m"
	styleCyan = "\x1b[36m"
)

// shares returns each row's part of the last second's connections, and the part
// that is fair by weight among those that may get any, in percent.
func (f demoFrame) shares() (got, fair []float64) {
	second, weight := 0, 0
	for _, r := range f.rows {
		second += r.second
		weight += r.counted()
	}
	for _, r := range f.rows {
		got = append(got, percent(r.second, second))
		fair = append(fair, percent(r.counted(), weight))
	}
	return got, fair
}

// counted is the weight that counts: none while weir keeps the backend out.
func (r demoRow) counted() int {
	if r.state != "up" {
		return 0
	}
	return r.weight
}

func percent(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}

// tableWidth is what the table with addresses needs.
const tableWidth = 73

// table lays the frame out for a terminal. No line is longer than the width,
// and there are fewer lines than the height.
func (f demoFrame) table(width, height int) []demoLine {
	var lines []demoLine
	add := func(style, format string, args ...any) {
		lines = append(lines, demoLine{fmt.Sprintf(format, args...), style})
	}
	for i, text := range f.intro {
		style := styleNone
		if i == 0 {
			style = styleBold
		}
		add(style, "%s", text)
	}
	add(styleNone, "")
	add(styleCyan, "%s   %s", clock(f.elapsed), f.step)
	add(styleNone, "")
	row := func(style, name, addr string, rest ...any) {
		if width >= tableWidth {
			name = fmt.Sprintf("%-8s %-15s", name, addr)
		}
		add(style, "%-8s %6s  %-8s %7s %7s %7s %7s", append([]any{name}, rest...)...)
	}
	row(styleBold, "BACKEND", "ADDRESS", "WEIGHT", "STATE", "CONN/S", "SHARE", "FAIR", "TOTAL")
	got, fair := f.shares()
	second, total := 0, 0
	for i, r := range f.rows {
		style := styleNone
		if r.state != "up" {
			style = styleRed
		}
		row(style, r.name, r.addr, fmt.Sprint(r.weight), r.state, fmt.Sprint(r.second),
			fmt.Sprintf("%.1f%%", got[i]), fmt.Sprintf("%.1f%%", fair[i]), fmt.Sprint(r.total))
		second += r.second
		total += r.total
	}
	row(styleNone, "", "", "", "", fmt.Sprint(second), "", "", fmt.Sprint(total))
	add(styleNone, "")
	style := styleNone
	if f.failed > 0 {
		style = styleRed
	}
	add(style, "%s", f.losses())
	add(styleNone, "")
	for _, n := range f.notes[len(f.notes)-min(len(f.notes), max(height-1-len(lines), 0)):] {
		lines = append(lines, demoLine{n.line(), n.style()})
	}
	lines = lines[:min(len(lines), max(height-1, 0))]
	for i := range lines {
		lines[i].text = cutTo(lines[i].text, width)
	}
	return lines
}

// losses is the sentence about the requests without an answer.
func (f demoFrame) losses() string {
	text := fmt.Sprintf("failed requests: %d", f.failed)
	if f.cut > 0 {
		text += fmt.Sprintf(" (and %d cut with the very backend that was killed)", f.cut)
	}
	return text
}

// plain is the frame's one line where there is no terminal.
func (f demoFrame) plain() string {
	got, fair := f.shares()
	text := seconds(f.elapsed)
	for i, r := range f.rows {
		state := ""
		if r.state != "up" {
			state = " " + r.state
		}
		text += fmt.Sprintf("  %s%s %3d = %2.0f%% (%2.0f%%)", r.name, state, r.second, got[i], fair[i])
	}
	return text + fmt.Sprintf("  failed %d", f.failed)
}

func (n demoNote) line() string { return seconds(n.at) + "  " + n.text }

// style sets off what the demo did from what weir made of it.
func (n demoNote) style() string {
	switch {
	case strings.Contains(n.text, "FAILED"):
		return styleRed
	case strings.HasPrefix(n.text, "demo: "):
		return styleCyan
	}
	return styleNone
}

func seconds(d time.Duration) string { return fmt.Sprintf("%7.2fs", d.Seconds()) }

func clock(d time.Duration) string {
	s := int(d.Seconds())
	return fmt.Sprintf("%02d:%02d", s/60, s%60)
}

// cutTo shortens text to the width, and shows that it did.
func cutTo(text string, width int) string {
	r := []rune(text)
	if len(r) <= width {
		return text
	}
	if width <= 0 {
		return ""
	}
	return string(r[:width-1]) + "…"
}
