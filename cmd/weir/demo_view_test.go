package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func sampleFrame() demoFrame {
	f := demoFrame{
		intro:   []string{"title", "curl"},
		elapsed: 83*time.Second + 500*time.Millisecond,
		step:    "step 2 of 4: blue killed",
		rows: []demoRow{
			{name: "blue", addr: "127.0.0.1:40001", weight: 5, state: "down", second: 0, total: 250},
			{name: "green", addr: "127.0.0.1:40002", weight: 3, state: "up", second: 61, total: 1150},
			{name: "red", addr: "127.0.0.1:40003", weight: 1, state: "up", second: 39, total: 100},
		},
	}
	for i := range 30 {
		f.notes = append(f.notes, demoNote{time.Duration(i) * 1100 * time.Millisecond, fmt.Sprintf("demo: note number %d", i)})
	}
	return f
}

func texts(lines []demoLine) (s []string) {
	for _, l := range lines {
		s = append(s, strings.TrimRight(l.text, " "))
	}
	return s
}

func TestTable(t *testing.T) {
	f := sampleFrame()
	want := []string{
		"title",
		"curl",
		"",
		"01:23   step 2 of 4: blue killed",
		"",
		"BACKEND  ADDRESS         WEIGHT  STATE     CONN/S   SHARE    FAIR   TOTAL",
		"blue     127.0.0.1:40001      5  down           0    0.0%    0.0%     250",
		"green    127.0.0.1:40002      3  up            61   61.0%   75.0%    1150",
		"red      127.0.0.1:40003      1  up            39   39.0%   25.0%     100",
		"                                              100                    1500",
		"",
		"failed requests: 0",
		"",
		"  30.80s  demo: note number 28",
		"  31.90s  demo: note number 29",
	}
	if diff := cmp.Diff(want, texts(f.table(80, 16))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := texts(f.table(60, 16))[6]; got != "blue          5  down           0    0.0%    0.0%     250" {
		t.Errorf("narrow: got %q", got)
	}
}

func TestTableFits(t *testing.T) {
	f := sampleFrame()
	f.notes[29].text = "demo: " + strings.Repeat("ä", 300)
	for width := 1; width < 130; width++ {
		for height := 1; height < 60; height += 7 {
			lines := f.table(width, height)
			if len(lines) >= height {
				t.Fatalf("%dx%d: got %d lines", width, height, len(lines))
			}
			for _, l := range lines {
				if n := utf8.RuneCountInString(l.text); n > width {
					t.Fatalf("%dx%d: got a line of %d: %q", width, height, n, l.text)
				}
			}
		}
	}
}

func TestTableLosses(t *testing.T) {
	f := sampleFrame()
	f.failed, f.cut = 3, 2
	got := f.table(80, 24)[11]
	if want := (demoLine{"failed requests: 3 (and 2 cut with the very backend that was killed)", styleRed}); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPlainLine(t *testing.T) {
	f := sampleFrame()
	f.failed = 7
	want := "  83.50s  blue down   0 =  0% ( 0%)  green  61 = 61% (75%)  red  39 = 39% (25%)  failed 7"
	if got := f.plain(); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestSharesOfNothing(t *testing.T) {
	f := demoFrame{rows: []demoRow{{state: "down", weight: 5}, {state: "unproven", weight: 2}}}
	got, fair := f.shares()
	if diff := cmp.Diff([][]float64{{0, 0}, {0, 0}}, [][]float64{got, fair}); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestPaint(t *testing.T) {
	lines := []demoLine{{"plain", styleNone}, {"red", styleRed}}
	if got, want := paint(lines, false), "plain\x1b[K\nred\x1b[K\n\x1b[J"; got != want {
		t.Errorf("without colour: got %q, want %q", got, want)
	}
	if got, want := paint(lines, true), "plain\x1b[K\n\x1b[31mred\x1b[0m\x1b[K\n\x1b[J"; got != want {
		t.Errorf("with colour: got %q, want %q", got, want)
	}
}

func TestSummary(t *testing.T) {
	c := demoCounts{failed: 1, cut: 4}
	c.answered[0] = [demoBackends]int{50, 30, 20}
	c.answered[3] = [demoBackends]int{5, 3, 12}
	got := summary([]string{"all up", "never", "seen", "one heavier"}, []string{"blue", "green", "red"}, c, 12340*time.Millisecond)
	want := []string{
		"   connections   blue   green   red   total",
		"   all up          50      30    20     100",
		"   one heavier      5       3    12      20",
		"   all steps       55      33    32     120",
		"",
		"125 requests in 12.3s, failed: 1",
		"not counted as failed: 4 cut when the very backend that they were joined to was killed",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
