package main

import (
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

const (
	// logQueue is how many lines may wait for a slow reader of the log.
	logQueue = 8192
	// logFlush is how long the end waits for them.
	logFlush = time.Second
)

// A logWriter hands lines on to w without ever waiting for it: a log that nobody
// reads must stop no connection, no catalog change and no shutdown. Lines beyond
// the queue are lost; how many is said when the reader is back.
type logWriter struct {
	w       io.Writer
	lines   chan []byte
	lost    atomic.Uint64
	closing chan struct{} // closed by Close
	closed  chan struct{} // closed when every line is written, after Close
}

func newLogWriter(w io.Writer) *logWriter {
	l := &logWriter{w: w, lines: make(chan []byte, logQueue), closing: make(chan struct{}), closed: make(chan struct{})}
	go l.run()
	return l
}

// Write takes one whole line. It never fails.
func (l *logWriter) Write(line []byte) (int, error) {
	select {
	case l.lines <- append([]byte(nil), line...): // the caller uses its buffer again
	default:
		l.lost.Add(1)
	}
	return len(line), nil
}

func (l *logWriter) run() {
	defer close(l.closed)
	for {
		select {
		case line := <-l.lines:
			l.write(line)
			continue
		case <-l.closing:
		}
		for len(l.lines) > 0 {
			l.write(<-l.lines)
		}
		return
	}
}

func (l *logWriter) write(line []byte) {
	l.w.Write(line)
	if n := l.lost.Swap(0); n > 0 {
		fmt.Fprintf(l.w, "weir: %d lines of the log were lost: its reader was too slow\n", n)
	}
}

// Close waits for the lines written so far, but not for a reader that is stuck.
// It is called once; what is written after it is lost.
func (l *logWriter) Close() {
	close(l.closing)
	select {
	case <-l.closed:
	case <-time.After(logFlush):
	}
}
