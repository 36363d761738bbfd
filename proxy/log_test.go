package proxy

import (
	"bytes"
	"encoding/json"
	"sync"
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

// logBook keeps what is logged, as JSON lines.
type logBook struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (b *logBook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBook) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// A line of the log.
type line map[string]any

// lines returns the lines with this message.
func (b *logBook) lines(message string) []line {
	b.mu.Lock()
	text := bytes.Clone(b.text.Bytes())
	b.mu.Unlock()
	var found []line
	for raw := range bytes.Lines(text) {
		var l line
		if json.Unmarshal(raw, &l) == nil && l["@message"] == message {
			found = append(found, l)
		}
	}
	return found
}
