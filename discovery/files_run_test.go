package discovery

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
)

// logLines collects what is logged at info and above.
type logLines struct {
	mu    sync.Mutex // guards the following
	lines []string   // without time

	changed chan struct{} // cap 1
}

// Write is called by hclog with one whole line.
func (l *logLines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, strings.TrimSpace(string(b)))
	select {
	case l.changed <- struct{}{}:
	default:
	}
	return len(b), nil
}

func (l *logLines) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.lines)
}

func testLog() (hclog.Logger, *logLines) {
	lines := &logLines{changed: make(chan struct{}, 1)}
	return hclog.New(&hclog.LoggerOptions{Output: lines, Level: hclog.Info, DisableTime: true}), lines
}

func ids(s *Set) string {
	var list []string
	for _, in := range s.Instances {
		list = append(list, in.Service)
	}
	return strings.Join(list, " ")
}

// A filesRun is a catalog at work on a folder, and a watch of the service web.
type filesRun struct {
	t     *testing.T
	dir   string
	feed  *Feed
	lines *logLines
}

func runFiles(t *testing.T, dir string) *filesRun {
	log, lines := testLog()
	r := &filesRun{t: t, dir: dir, feed: NewFeed(), lines: lines}
	files := NewFiles(dir, log)
	ctx := t.Context()
	var wg sync.WaitGroup
	wg.Go(func() { // before Run, as may happen
		if err := files.Watch(ctx, Query{Service: "web"}, r.feed); err != nil {
			t.Errorf("watch: got %v, want nil", err)
		}
	})
	wg.Go(func() {
		if err := files.Run(ctx); err != nil {
			t.Errorf("run: got %v, want nil", err)
		}
	})
	t.Cleanup(wg.Wait) // the context ends before
	return r
}

// runEmpty starts on an empty folder, and returns when that has been read: the
// first look is taken at once, however fresh a file is.
func runEmpty(t *testing.T) *filesRun {
	t.Helper()
	r := runFiles(t, t.TempDir())
	r.want("")
	return r
}

func (r *filesRun) path(name string) string { return filepath.Join(r.dir, name) }

func (r *filesRun) write(name, content string) {
	r.t.Helper()
	if err := os.WriteFile(r.path(name), []byte(content), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// want waits until the feed's set is that, as "id:port id:port".
func (r *filesRun) want(want string) {
	r.t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		got := "no set"
		if s := r.feed.Set(); s != nil {
			var list []string
			for _, in := range s.Instances {
				list = append(list, fmt.Sprintf("%s:%d", in.Service, in.Port))
			}
			got = strings.Join(list, " ")
		}
		if got == want {
			return
		}
		select {
		case <-r.feed.Changed():
		case <-deadline:
			r.t.Fatalf("got %q, want %q; log:\n%s", got, want, strings.Join(r.lines.all(), "\n"))
		}
	}
}

// wantLine waits for a line with that text, and checks that there is just one.
func (r *filesRun) wantLine(want string) {
	r.t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		lines := r.lines.all()
		n := 0
		for _, line := range lines {
			if strings.Contains(line, want) {
				n++
			}
		}
		switch {
		case n == 1:
			return
		case n > 1:
			r.t.Fatalf("got %d lines with %q, want 1; log:\n%s", n, want, strings.Join(lines, "\n"))
		}
		select {
		case <-r.lines.changed:
		case <-deadline:
			r.t.Fatalf("got no line with %q; log:\n%s", want, strings.Join(lines, "\n"))
		}
	}
}

// web is a definition file of the service web.
func web(idPort ...any) string {
	var b strings.Builder
	for i := 0; i < len(idPort); i += 2 {
		fmt.Fprintf(&b, "services {\n  id   = %q\n  name = \"web\"\n  port = %d\n}\n", idPort[i], idPort[i+1])
	}
	return b.String()
}
