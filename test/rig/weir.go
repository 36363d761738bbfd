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

// Weir is a running "weir run", and the generations that follow it by upgrades.
type Weir struct {
	Binary string // path that it is started from
	Log    string // head of every configuration; Logging, if nobody has changed it

	dir  string
	cmd  *exec.Cmd     // the first generation
	done chan struct{} // closed when all generations are gone and their log read

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
	w := NewWeir(t)
	w.Configure(t, config)
	w.Start(t)
	return w
}

// NewWeir is one that is to be configured and started.
func NewWeir(t testing.TB) *Weir {
	return &Weir{Binary: built, Log: Logging, dir: t.TempDir(), done: make(chan struct{}), more: make(chan struct{})}
}

// Start runs it until the test ends. Words before the command line, if any, are a program that
// becomes weir.
func (w *Weir) Start(t testing.TB, before ...string) {
	t.Helper()
	line := append(before, w.Binary, "run", "--config", w.ConfigFile())
	w.cmd = exec.Command(line[0], line[1:]...)
	w.cmd.Env = environment()
	w.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	log, stderr, err := os.Pipe() // which outlives the first generation
	if err != nil {
		t.Fatal(err)
	}
	w.cmd.Stderr = stderr
	err = w.cmd.Start()
	stderr.Close()
	if err != nil {
		log.Close()
		t.Fatal(err)
	}
	watch(w.cmd.Process.Pid)
	var ended sync.WaitGroup
	ended.Go(func() { w.cmd.Wait() })
	go func() {
		defer close(w.done)
		w.read(log)
		log.Close()
		ended.Wait()
	}()
	t.Cleanup(func() {
		w.Kill()
		if t.Failed() {
			w.dump(t)
		}
	})
}

// NewCommand is one that runs the weir under test, without the environment that would change its
// defaults.
func NewCommand(args ...string) *exec.Cmd {
	cmd := exec.Command(built, args...)
	cmd.Env = environment()
	return cmd
}

func environment() (env []string) {
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "CONSUL_") {
			env = append(env, kv)
		}
	}
	return env
}

func (w *Weir) read(out io.Reader) {
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
}

// Stop sends SIGTERM and returns the exit code.
func (w *Weir) Stop(t testing.TB) int {
	t.Helper()
	w.Signal(t, syscall.SIGTERM)
	return w.Wait(t)
}

// Wait waits for the end of all generations and returns the first one's exit code.
func (w *Weir) Wait(t testing.TB) int {
	t.Helper()
	select {
	case <-w.done:
	case <-time.After(Patience):
		t.Fatal("weir didn't end")
	}
	return w.cmd.ProcessState.ExitCode()
}

// Kill ends all generations with SIGKILL, and returns when they are gone.
func (w *Weir) Kill() {
	select {
	case <-w.done: // its number may be another's by now
		return
	default:
	}
	syscall.Kill(-w.cmd.Process.Pid, syscall.SIGKILL)
	<-w.done
	unwatch(w.cmd.Process.Pid)
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

// ConfigFile is the path of its configuration.
func (w *Weir) ConfigFile() string { return filepath.Join(w.dir, "config.hcl") }
