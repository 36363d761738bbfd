package proxy

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime/debug"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"weir/balance"
	"weir/proxy/session"
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
	Sessions int      // not ended
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
	pool := balance.NewPool(&balance.WeightedRoundRobin{})
	var members []balance.Member
	for i, addr := range task.Backends {
		members = append(members, balance.Member{Name: fmt.Sprintf("node-%d/web", i), Addr: addr, CatalogWeight: 1})
	}
	pool.Update(members, balance.Admission{Rule: balance.Catalog})
	state := childState{Failures: make([]uint64, len(members))}
	server, err := NewServer(relayKind(), hclog.New(&hclog.LoggerOptions{Output: os.Stderr, Level: hclog.Info, JSONFormat: true}))
	if err != nil {
		return err
	}
	told := make(chan struct{}, 1000)
	service := &session.Service{
		Name: "web", Pool: pool, ConnectTimeout: 5 * time.Second,
		ConnectFailed: func(*balance.Backend) { told <- struct{}{} },
	}
	l, err := server.Bind("front", at(loopback(0)), service, defaults())
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- l.Serve() }()
	in, out := bufio.NewScanner(os.Stdin), json.NewEncoder(os.Stdout)
	for in.Scan() {
		switch in.Text() {
		case "collect":
			for range 3 { // a pool forgets on the second, cleanups run after it
				debug.FreeOSMemory()
			}
		case "limit":
			n, _ := MaxConnections()
			server.Limit(n)
		case "shut down":
			server.Shutdown(context.Background())
		}
		state.Addr, state.Accepted, state.Failed = l.Addr().AddrPort, l.Accepted.Load(), l.Failed.Load()
		for b := range pool.Snapshot().All() {
			i := slices.Index(task.Backends, b.Addr())
			state.Failures[i] = b.Failures.Load()
		}
		state.Told = len(told)
		state.Sessions = int(state.Accepted) - server.relay.Ended()
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
	process *os.Process
	proc    string // its number, for /proc
	addr    string
	log     *logBook
	in      io.Writer
	out     *json.Decoder
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
			t.Errorf("child: %v\n%s", err, c.log)
		}
	})
	c.process, c.proc = cmd.Process, strconv.Itoa(cmd.Process.Pid)
	c.in, c.out = in, json.NewDecoder(out)
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

// dial connects to the child's listener.
func (c *childProcess) dial(t *testing.T) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", c.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.(*net.TCPConn)
}

// tell gives the child a command and returns its answer.
func (c *childProcess) tell(t *testing.T, command string) childState {
	t.Helper()
	if _, err := fmt.Fprintln(c.in, command); err != nil {
		t.Fatal(err)
	}
	return c.answer(t)
}

// answer waits for the child's answer to a command.
func (c *childProcess) answer(t *testing.T) (state childState) {
	t.Helper()
	if err := c.out.Decode(&state); err != nil {
		t.Fatalf("child: %v", err)
	}
	return state
}
