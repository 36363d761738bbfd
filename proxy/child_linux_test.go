package proxy

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"weir/balance"
)

// Some things can only be told of a process that does nothing but proxy: what it
// holds, and how it fares with too little. A test then starts this binary again.

// childVariable names the environment variable that holds a childTask as JSON.
const childVariable = "WEIR_PROXY_CHILD"

type childTask struct {
	Backends []netip.AddrPort
	Ports    bool // run childPorts instead
}

// childState is what a child answers to each command.
type childState struct {
	Addr     netip.AddrPort
	Accepted uint64
	Failed   uint64
	Failures []uint64 // by backend
	Told     int      // calls of ConnectFailed
	Sessions int
	Pipes    int // open, idle ones included
}

// child is the child's main: a rig that obeys standard input until it ends.
func child(what string) error {
	var task childTask
	if err := json.Unmarshal([]byte(what), &task); err != nil {
		return err
	}
	if task.Ports {
		return childPorts()
	}
	pool := balance.NewPool(balance.Catalog, &balance.WeightedRoundRobin{})
	var members []balance.Member
	for i, addr := range task.Backends {
		members = append(members, balance.Member{Name: fmt.Sprintf("node-%d/web", i), Addr: addr, CatalogWeight: 1})
	}
	pool.Update(members)
	state := childState{Failures: make([]uint64, len(members))}
	server := NewServer(hclog.New(&hclog.LoggerOptions{Output: os.Stderr, Level: hclog.Info, JSONFormat: true}))
	told := make(chan struct{}, 1000)
	service := &Service{
		Name: "web", Pool: pool, ConnectTimeout: 5 * time.Second,
		ConnectFailed: func(*balance.Backend) { told <- struct{}{} },
	}
	l, err := server.Bind("front", loopback(0), service)
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- l.Serve() }()
	in, out := bufio.NewScanner(os.Stdin), json.NewEncoder(os.Stdout)
	for in.Scan() {
		if in.Text() == "collect" {
			for range 3 { // a pool forgets on the second, cleanups run after it
				debug.FreeOSMemory()
			}
		}
		state.Addr, state.Accepted, state.Failed = l.Addr(), l.Accepted.Load(), l.Failed.Load()
		for b := range pool.Snapshot().All() {
			i := slices.Index(task.Backends, b.Addr())
			state.Failures[i] = b.Failures.Load()
		}
		state.Told, state.Pipes = len(told), int(server.pipes.open.Load())
		server.mu.Lock()
		state.Sessions = len(server.sessions)
		server.mu.Unlock()
		if err := out.Encode(state); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	server.Shutdown(ctx)
	if err := <-served; err != ErrServerClosed {
		return err
	}
	return nil
}

// A childProcess is a rig in a process of its own.
type childProcess struct {
	pid  int
	addr string
	log  *logBook
	in   io.Writer
	out  *json.Decoder
}

// startChild starts one that serves until the test ends.
func startChild(t *testing.T, backends ...netip.AddrPort) *childProcess {
	t.Helper()
	c := &childProcess{log: new(logBook)}
	cmd := childCommand(t, childTask{Backends: backends})
	cmd.Stderr = c.log
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("child: %v", err)
		}
	})
	c.pid, c.in, c.out = cmd.Process.Pid, in, json.NewDecoder(out)
	c.addr = c.tell(t, "state").Addr.String()
	until(t, "the child to listen", func() bool { return len(c.log.lines("listening")) > 0 })
	return c
}

func childCommand(t *testing.T, task childTask) *exec.Cmd {
	t.Helper()
	what, err := json.Marshal(task)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+string(what), "GORACE=atexit_sleep_ms=0")
	return cmd
}

// tell gives the child a command and returns its answer.
func (c *childProcess) tell(t *testing.T, command string) (state childState) {
	t.Helper()
	if _, err := fmt.Fprintln(c.in, command); err != nil {
		t.Fatal(err)
	}
	if err := c.out.Decode(&state); err != nil {
		t.Fatalf("child: %v", err)
	}
	return state
}
