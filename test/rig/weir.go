package rig

import (
	"bufio"
	"bytes"
	"errors"
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

// Patience is how long a test waits for something that must happen. It is no
// claim about speed.
const Patience = 20 * time.Second

// Weir is a running "weir run".
type Weir struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the process is gone and its log read

	mu    sync.Mutex // guards following
	lines []Line
	more  chan struct{} // closed, and replaced, on each new line
}

// Logging goes at the head of every configuration: the tests read the log.
const Logging = `log {
  level  = "debug"
  format = "json"
}
`

// StartWeir runs weir with the configuration until the test ends.
func StartWeir(t testing.TB, config string) *Weir {
	t.Helper()
	w := &Weir{done: make(chan struct{}), more: make(chan struct{})}
	path := filepath.Join(t.TempDir(), "config.hcl")
	if err := os.WriteFile(path, []byte(Logging+config), 0o600); err != nil {
		t.Fatal(err)
	}
	w.cmd = NewCommand("run", "--config", path)
	out, err := w.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go w.read(out)
	t.Cleanup(func() {
		w.Kill()
		if t.Failed() {
			w.dump(t)
		}
	})
	return w
}

// NewCommand is one that runs the weir under test, without the environment that would change its
// defaults.
func NewCommand(args ...string) *exec.Cmd {
	cmd := exec.Command(binary, args...)
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "CONSUL_") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	return cmd
}

func (w *Weir) read(out io.Reader) {
	defer close(w.done)
	scan := bufio.NewScanner(out)
	scan.Buffer(nil, 16<<20) // a line that is longer would end the reading without a word
	for scan.Scan() {
		l := parseLine(scan.Bytes())
		w.mu.Lock()
		w.lines = append(w.lines, l)
		close(w.more)
		w.more = make(chan struct{})
		w.mu.Unlock()
	}
	w.cmd.Wait()
}

// Signal sends it to the process.
func (w *Weir) Signal(t testing.TB, signal os.Signal) {
	t.Helper()
	if err := w.cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
}

// Stop sends SIGTERM and returns the exit code.
func (w *Weir) Stop(t testing.TB) int {
	t.Helper()
	w.Signal(t, syscall.SIGTERM)
	return w.Wait(t)
}

// Wait waits for the end and returns the exit code.
func (w *Weir) Wait(t testing.TB) int {
	t.Helper()
	select {
	case <-w.done:
	case <-time.After(Patience):
		t.Fatal("weir didn't end")
	}
	return w.cmd.ProcessState.ExitCode()
}

// Kill ends it with SIGKILL, and returns when it is gone.
func (w *Weir) Kill() {
	w.cmd.Process.Kill()
	<-w.done
}

// Command runs another command of weir to its end.
func Command(t testing.TB, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := NewCommand(args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// FreeAddress is a loopback address and port that nobody uses.
func FreeAddress(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}
