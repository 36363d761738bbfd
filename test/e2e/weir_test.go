package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for something that must happen. It is no
// claim about speed.
const patience = 20 * time.Second

// A line is one line of weir's log.
type line struct {
	Time    time.Time
	Level   string
	Message string
	Fields  map[string]any
}

func (l line) str(key string) string { s, _ := l.Fields[key].(string); return s }
func (l line) num(key string) int    { n, _ := l.Fields[key].(float64); return int(n) }

// weir is a running "weir run".
type weir struct {
	cmd  *exec.Cmd
	dir  string
	done chan struct{} // closed when the process is gone and its log read

	mu    sync.Mutex // guards following
	lines []line
	more  chan struct{} // closed, and replaced, on each new line
}

// logging goes at the head of every configuration: the tests read the log.
const logging = `log {
  level  = "debug"
  format = "json"
}
`

// startWeir runs weir with the configuration until the test ends.
func startWeir(t *testing.T, config string) *weir {
	t.Helper()
	w := &weir{dir: t.TempDir(), done: make(chan struct{}), more: make(chan struct{})}
	path := filepath.Join(w.dir, "config.hcl")
	if err := os.WriteFile(path, []byte(logging+config), 0o600); err != nil {
		t.Fatal(err)
	}
	w.cmd = exec.Command(binary, "run", "--config", path)
	w.cmd.Env = cleanEnv()
	out, err := w.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go w.read(out)
	t.Cleanup(func() {
		w.cmd.Process.Kill()
		<-w.done
		if t.Failed() {
			w.dump(t)
		}
	})
	return w
}

// cleanEnv is the environment without what would change weir's defaults.
func cleanEnv() []string {
	var env []string
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "CONSUL_") {
			env = append(env, kv)
		}
	}
	return env
}

func (w *weir) read(out io.Reader) {
	defer close(w.done)
	scan := bufio.NewScanner(out)
	for scan.Scan() {
		l := line{Fields: map[string]any{}}
		if json.Unmarshal(scan.Bytes(), &l.Fields) != nil {
			l.Message = scan.Text() // a race report, or diagnostics
		} else {
			l.Message, l.Level = l.str("@message"), l.str("@level")
			l.Time, _ = time.Parse("2006-01-02T15:04:05.000000Z07:00", l.str("@timestamp"))
		}
		w.mu.Lock()
		w.lines = append(w.lines, l)
		close(w.more)
		w.more = make(chan struct{})
		w.mu.Unlock()
	}
	w.cmd.Wait()
}

// dump shows the log, but for the lines that each connection leaves.
func (w *weir) dump(t *testing.T) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var b bytes.Buffer
	for _, l := range w.lines[max(0, len(w.lines)-5000):] {
		if l.Message != "connection finished" {
			fmt.Fprintf(&b, "%s %s %s %v\n", l.Time.Format("15:04:05.000"), l.Level, l.Message, l.Fields)
		}
	}
	t.Logf("log of weir:\n%s", b.String())
}

// mark is a place in the log to search from.
func (w *weir) mark() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.lines)
}

// await returns the first line from the mark on that has the message and fits,
// waiting for it as long as need be.
func (w *weir) await(t *testing.T, from int, message string, fits func(line) bool) line {
	t.Helper()
	return w.awaitFor(t, patience, from, message, fits)
}

// awaitFor is await for what takes longer by its nature.
func (w *weir) awaitFor(t *testing.T, patience time.Duration, from int, message string, fits func(line) bool) line {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		w.mu.Lock()
		lines, more := w.lines[min(from, len(w.lines)):], w.more
		from = len(w.lines)
		w.mu.Unlock()
		for _, l := range lines {
			if l.Message == message && (fits == nil || fits(l)) {
				return l
			}
		}
		select {
		case <-more:
		case <-w.done:
			t.Fatalf("weir ended (%v) before it logged %q", w.cmd.ProcessState, message)
		case <-ctx.Done():
			t.Fatalf("weir didn't log %q", message)
		}
	}
}

// find returns all lines so far that have the message.
func (w *weir) find(message string) (found []line) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.lines {
		if l.Message == message {
			found = append(found, l)
		}
	}
	return found
}

// address waits until the listener listens and returns where.
func (w *weir) address(t *testing.T, listener string) string {
	t.Helper()
	return w.await(t, 0, "listening", func(l line) bool { return l.str("listener") == listener }).str("address")
}

// eligible waits until so many instances are.
func (w *weir) eligible(t *testing.T, from, want int) line {
	t.Helper()
	return w.await(t, from, "eligible set changed", func(l line) bool { return l.num("eligible") == want })
}

// stop sends SIGTERM and returns the exit code.
func (w *weir) stop(t *testing.T) int {
	t.Helper()
	if err := w.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	return w.wait(t)
}

func (w *weir) wait(t *testing.T) int {
	t.Helper()
	select {
	case <-w.done:
	case <-time.After(patience):
		t.Fatal("weir didn't end")
	}
	return w.cmd.ProcessState.ExitCode()
}

// command runs another command of weir to its end.
func command(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Stdout, cmd.Stderr, cmd.Env = &out, &errs, cleanEnv()
	err := cmd.Run()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// freeAddress is a loopback address and port that nobody uses.
func freeAddress(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}
