package proxy

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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
