package session

import (
	"testing"
	"time"

	"golang.org/x/time/rate"
)

func TestQuietCountsWhatItLeavesOut(t *testing.T) {
	q := newQuiet(rate.Every(time.Hour))
	if missed, ok := q.speak(); missed != 0 || !ok {
		t.Errorf("first: got %d missed and %v, want 0 and true", missed, ok)
	}
	for i := range 3 {
		if _, ok := q.speak(); ok {
			t.Errorf("number %d after the first: got leave to speak, want none", i+1)
		}
	}
	q.limit.SetLimit(rate.Inf)
	if missed, ok := q.speak(); missed != 3 || !ok {
		t.Errorf("later: got %d missed and %v, want 3 and true", missed, ok)
	}
	if missed, _ := q.speak(); missed != 0 {
		t.Errorf("after that: got %d missed, want 0", missed)
	}
}
