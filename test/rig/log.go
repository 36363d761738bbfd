package rig

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// Mark is a place in the log to search from.
func (w *Weir) Mark() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.lines)
}

// Await returns the first line from the mark on that has the message and fits,
// waiting for it as long as need be.
func (w *Weir) Await(t testing.TB, from int, message string, fits func(Line) bool) Line {
	t.Helper()
	return w.AwaitFor(t, Patience, from, message, fits)
}

// AwaitFor is Await for what takes longer by its nature.
func (w *Weir) AwaitFor(t testing.TB, patience time.Duration, from int, message string, fits func(Line) bool) Line {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for ended := false; ; {
		w.mu.Lock()
		lines, more := w.lines[min(from, len(w.lines)):], w.more
		from = len(w.lines)
		w.mu.Unlock()
		for _, l := range lines {
			if l.Message == message && (fits == nil || fits(l)) {
				return l
			}
		}
		if ended {
			t.Fatalf("weir ended (%v) before it logged %q", w.cmd.ProcessState, message)
		}
		select {
		case <-more:
		case <-w.done:
			ended = true // but there may be more lines than we have seen
		case <-ctx.Done():
			t.Fatalf("weir didn't log %q", message)
		}
	}
}

// Find returns all lines so far that have the message.
func (w *Weir) Find(message string) (found []Line) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.lines {
		if l.Message == message {
			found = append(found, l)
		}
	}
	return found
}

// Address waits until the listener listens and returns where.
func (w *Weir) Address(t testing.TB, listener string) string {
	t.Helper()
	return w.Await(t, 0, "listening", func(l Line) bool { return l.Str("listener") == listener }).Str("address")
}

// Eligible waits until so many instances are.
func (w *Weir) Eligible(t testing.TB, from, want int) Line {
	t.Helper()
	return w.Await(t, from, "eligible set changed", func(l Line) bool { return l.Num("eligible") == want })
}

// Finished is what weir logged of the connection at its end, or nothing. Client ports come again
// within a minute.
func (w *Weir) Finished(client string, after time.Time) Line {
	for _, l := range w.Find("connection finished") {
		if l.Str("client") == client && l.Time.After(after) {
			return l
		}
	}
	return Line{}
}

// dump shows the log, but for the lines that each connection leaves.
func (w *Weir) dump(t testing.TB) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var shown []string
	for _, l := range w.lines {
		if l.Message != "connection finished" {
			shown = append(shown, fmt.Sprintf("%s %s %s %v\n", l.Time.Format("15:04:05.000"), l.Level, l.Message, l.Fields))
		}
	}
	t.Logf("log of weir:\n%s", strings.Join(shown[max(0, len(shown)-5000):], ""))
}
