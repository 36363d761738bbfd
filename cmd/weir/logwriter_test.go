package main

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A reader that stops costs lines, never time; when it goes on it learns how
// many.
func TestLogWriterDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out, in := io.Pipe() // holds nothing: the first line is stuck at once
		w := newLogWriter(in)
		const beyond = 7
		began := time.Now()
		for i := range 1 + logQueue + beyond {
			fmt.Fprintf(w, "line %d\n", i)
			if i == 0 {
				synctest.Wait() // until it is stuck
			}
		}
		if waited := time.Since(began); waited != 0 {
			t.Errorf("writing to a stuck log waited %v", waited)
		}
		text := make(chan string)
		go func() {
			all, _ := io.ReadAll(out)
			text <- string(all)
		}()
		w.Close()
		in.Close()
		got := <-text
		if want := fmt.Sprintf("weir: %d lines of the log were lost", beyond); !strings.Contains(got, want) {
			t.Errorf("log lacks %q", want)
		}
		if n := strings.Count(got, "line "); n != 1+logQueue {
			t.Errorf("lines: got %d, want %d", n, 1+logQueue)
		}
	})
}

func TestLogWriterEndsWithoutItsReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out, in := io.Pipe()
		w := newLogWriter(in)
		fmt.Fprintln(w, "line")
		began := time.Now()
		w.Close()
		if waited := time.Since(began); waited != logFlush {
			t.Errorf("Close waited %v, want %v", waited, logFlush)
		}
		out.Close() // lets the writer go
	})
}
