package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"weir/bench/load"
)

// progress is the line that says what goes on: one that changes on a terminal,
// one for each step elsewhere.
type progress struct {
	out   io.Writer
	live  bool
	total time.Duration // that all steps are expected to take
	done  time.Duration // of that
	began time.Time
	what  string
}

func newProgress(f *os.File) *progress {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return &progress{out: f, live: err == nil, began: time.Now()}
}

func (p *progress) begin(what string) {
	p.what = what
	if p.live {
		p.show(load.Progress{})
		return
	}
	fmt.Fprintf(p.out, "%s  %s\n", p.what, p.left())
}

func (p *progress) show(l load.Progress) {
	if !p.live {
		return
	}
	rate := ""
	switch {
	case l.Rate >= 1e8:
		rate = fmt.Sprintf("%.2f GB/s", l.Rate/1e9)
	case l.Rate > 0:
		rate = fmt.Sprintf("%.0f/s", l.Rate)
	}
	fmt.Fprintf(p.out, "\r\x1b[K%-42s %-11s %-10s %s", p.what, l.Phase, rate, p.left())
}

func (p *progress) end(expected time.Duration) { p.done += expected }

// left is the time that the rest will take if it goes on as until now.
func (p *progress) left() string {
	left := p.total - p.done
	if p.done > 0 {
		left = time.Duration(float64(left) * float64(time.Since(p.began)) / float64(p.done))
	}
	return left.Round(time.Second).String() + " left"
}

func (p *progress) note(text string) {
	p.clear()
	fmt.Fprintln(p.out, text)
}

func (p *progress) clear() {
	if p.live {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
