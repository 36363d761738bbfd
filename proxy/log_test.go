package proxy

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/time/rate"
)

func TestLineOfAFinishedConnection(t *testing.T) {
	o, conns := accepting(t)
	r := startRig(t, o.addr)
	began := time.Now()
	client := r.dial(t)
	from := client.LocalAddr().String()
	if err := exchange(client, <-conns, clientFirst, 1, 1234, 567_890); err != nil {
		t.Fatal(err)
	}
	got := r.finished(t, 1)[0]
	took, err := time.ParseDuration(got["duration"].(string))
	if err != nil || took <= 0 || took > time.Since(began) {
		t.Errorf("got duration %v, want more than none and no more than %v", got["duration"], time.Since(began))
	}
	delete(got, "duration")
	delete(got, "@timestamp")
	want := line{
		"@level": "debug", "@message": "connection finished",
		"listener": "front", "service": "web", "client": from, "instance": "node-0/web",
		"bytes_up": 1234.0, "bytes_down": 567_890.0, "end": "complete",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

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
