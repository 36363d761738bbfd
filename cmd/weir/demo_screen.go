package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// A demoScreen shows frames: as a table that is redrawn in place on a terminal,
// else as lines. One goroutine uses it.
type demoScreen struct {
	out   io.Writer
	file  *os.File // the terminal; nil: lines
	color bool

	drawn         int // lines on the terminal, above the cursor
	width, height int // of the terminal when they were drawn
}

func newDemoScreen(out io.Writer, plain bool) *demoScreen {
	s := &demoScreen{out: out}
	f, ok := out.(*os.File)
	if ok && !plain && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		s.file = f
		s.color = os.Getenv("NO_COLOR") == ""
	}
	return s
}

// every is the time between two frames.
func (s *demoScreen) every() time.Duration {
	if s.file == nil {
		return time.Second
	}
	return 250 * time.Millisecond
}

const (
	hideCursor  = "\x1b[?25l"
	showCursor  = "\x1b[?25h"
	clearScreen = "\x1b[H\x1b[2J"
)

// open begins; close must follow. Lines get their explanation here.
func (s *demoScreen) open(intro []string) {
	if s.file != nil {
		io.WriteString(s.out, hideCursor)
		return
	}
	intro = append(intro,
		"each second: connections to each backend, their share (fair share by weight)", "")
	io.WriteString(s.out, strings.Join(intro, "\n")+"\n")
}

func (s *demoScreen) close() {
	if s.file != nil {
		io.WriteString(s.out, showCursor)
	}
}

// news shows fresh notes: as lines, or as part of the frame.
func (s *demoScreen) news(fresh []demoNote, frame func() demoFrame) {
	if s.file != nil {
		if len(fresh) > 0 {
			s.draw(frame())
		}
		return
	}
	for _, n := range fresh {
		fmt.Fprintln(s.out, n.line())
	}
}

// frame shows the figures.
func (s *demoScreen) frame(f demoFrame) {
	if s.file != nil {
		s.draw(f)
		return
	}
	fmt.Fprintln(s.out, f.plain())
}

// end leaves the last frame, if there are frames, and writes the last words below.
func (s *demoScreen) end(f demoFrame, words []string) {
	if s.file != nil {
		s.draw(f)
	}
	io.WriteString(s.out, "\n"+strings.Join(words, "\n")+"\n")
}

func (s *demoScreen) draw(f demoFrame) {
	width, height, err := term.GetSize(int(s.file.Fd()))
	if err != nil || width <= 0 || height <= 0 {
		width, height = 80, 24
	}
	back := fmt.Sprintf("\x1b[%dF", s.drawn)
	switch {
	case s.drawn == 0:
		back = ""
	case width != s.width || height != s.height:
		back = clearScreen // nobody knows where the old lines are now
	}
	lines := f.table(width, height)
	io.WriteString(s.out, back+paint(lines, s.color))
	s.drawn, s.width, s.height = len(lines), width, height
}

// paint writes lines over what stands there, and clears what is below.
func paint(lines []demoLine, color bool) string {
	var b strings.Builder
	for _, l := range lines {
		if color && l.style != styleNone {
			b.WriteString(l.style + l.text + "\x1b[0m")
		} else {
			b.WriteString(l.text)
		}
		b.WriteString("\x1b[K\n")
	}
	b.WriteString("\x1b[J")
	return b.String()
}
