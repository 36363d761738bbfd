package discovery

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/go-hclog"
)

// logs keeps what a logger wrote.
type logs struct {
	mu    sync.Mutex // guards following
	buf   bytes.Buffer
	wrote chan struct{} // closed by the next write; nil if nobody waits
}

// await returns once text has been logged.
func (l *logs) await(t *testing.T, text string) {
	t.Helper()
	for {
		l.mu.Lock()
		there, wrote := strings.Contains(l.buf.String(), text), make(chan struct{})
		l.wrote = wrote
		l.mu.Unlock()
		if there {
			return
		}
		select {
		case <-wrote:
		case <-t.Context().Done():
			t.Errorf("log: want %q in it:\n%s", text, l)
			return
		}
	}
}

func (l *logs) logger() hclog.Logger {
	return hclog.New(&hclog.LoggerOptions{Output: l, Level: hclog.Debug, DisableTime: true})
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.wrote != nil {
		close(l.wrote)
		l.wrote = nil
	}
	return l.buf.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// count is the number of lines of that level.
func (l *logs) count(level string) int {
	n := 0
	for line := range strings.Lines(l.String()) {
		if strings.HasPrefix(line, "["+level+"]") {
			n++
		}
	}
	return n
}
