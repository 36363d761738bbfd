package rig

import (
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// A Crowd is a process of clients that all want a connection at once and keep it.
type Crowd struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	ended chan struct{}

	mu    sync.Mutex // guards following
	count Census
}

// A Census counts the clients of a crowd. Each has tried at first.
type Census struct {
	Clients   int
	Connected int // were so at some time: the kernel or weir took them in
	Answered  int // by a backend, at some time
	Left      int // as they were told
	Failed    Failures
	Backends  map[string]int // that answered, by name
	Lost      Failures       // by the backend that had answered
}

// StartCrowd lets so many clients connect, from one loopback address, within about the time.
func StartCrowd(t testing.TB, addr, from string, clients int, within time.Duration) *Crowd {
	t.Helper()
	c := &Crowd{cmd: inRole(crowdRole), ended: make(chan struct{})}
	c.cmd.Env = append(c.cmd.Env, fmt.Sprintf("%s=%s %s %d %d", crowdEnv, addr, from, clients, within))
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(c.ended)
		for lines := json.NewDecoder(out); ; {
			var count Census
			if lines.Decode(&count) != nil {
				break
			}
			c.mu.Lock()
			c.count = count
			c.mu.Unlock()
		}
		c.cmd.Wait()
	}()
	t.Cleanup(c.Leave)
	return c
}

// Count is how it stands, a fraction of a second ago.
func (c *Crowd) Count() Census {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count
}

// LeaveSome makes n of those leave that were answered.
func (c *Crowd) LeaveSome(n int) { fmt.Fprintln(c.in, n) }

// Leave makes all leave, and returns when they have.
func (c *Crowd) Leave() {
	c.in.Close()
	<-c.ended
}

// Add sums up crowds.
func (c Census) Add(other Census) Census {
	sum := Census{
		c.Clients + other.Clients, c.Connected + other.Connected, c.Answered + other.Answered, c.Left + other.Left,
		Failures{}, map[string]int{}, Failures{},
	}
	for _, one := range []Census{c, other} {
		add(sum.Failed, one.Failed)
		add(sum.Backends, one.Backends)
		add(sum.Lost, one.Lost)
	}
	return sum
}

func add[M ~map[string]int](sum, more M) {
	for key, n := range more {
		sum[key] += n
	}
}
