package main

import (
	"fmt"
	"sync"
	"time"
)

// A demoNote is one thing that happened.
type demoNote struct {
	at   time.Duration // since the start
	text string
}

// A demoJournal takes notes from anywhere; one reader shows them.
type demoJournal struct {
	began   time.Time
	changed chan struct{} // cap 1: there are new notes

	mu    sync.Mutex // guards following
	notes []demoNote // that the reader hasn't taken
}

func newDemoJournal(began time.Time) *demoJournal {
	return &demoJournal{began: began, changed: make(chan struct{}, 1)}
}

func (j *demoJournal) note(format string, args ...any) {
	j.mu.Lock()
	j.notes = append(j.notes, demoNote{time.Since(j.began), fmt.Sprintf(format, args...)})
	j.mu.Unlock()
	select {
	case j.changed <- struct{}{}:
	default:
	}
}

// take hands over what was noted since the last time.
func (j *demoJournal) take() []demoNote {
	j.mu.Lock()
	defer j.mu.Unlock()
	notes := j.notes
	j.notes = nil
	return notes
}
