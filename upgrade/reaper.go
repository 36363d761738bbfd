package upgrade

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// A Reaper learns how child processes end, and is the only one to. As process 1 it also takes leave of
// those that nobody else does: orphans become its children.
type Reaper struct {
	all     bool
	signals chan os.Signal // a child has ended; one is enough, as each looks at all
	look    chan struct{}  // the same, for one that ended before it was known

	mu       sync.Mutex // guards following: nobody signals a pid that is another's by now
	children map[int]*child
}

// NewReaper returns one that wants to Run.
func NewReaper() *Reaper { return newReaper(os.Getpid() == 1) }

func newReaper(all bool) *Reaper {
	r := &Reaper{all: all, signals: make(chan os.Signal, 1), look: make(chan struct{}, 1), children: map[int]*child{}}
	signal.Notify(r.signals, syscall.SIGCHLD)
	return r
}

// Run reaps until ctx ends.
func (r *Reaper) Run(ctx context.Context) error {
	defer signal.Stop(r.signals)
	for {
		select {
		case <-r.signals:
		case <-r.look:
		case <-ctx.Done():
			return ctx.Err()
		}
		r.reap()
	}
}

func (r *Reaper) reap() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all {
		for r.wait(-1) {
		}
		return
	}
	for pid := range r.children {
		r.wait(pid)
	}
}

// wait reports whether a process had ended. mu is held.
func (r *Reaper) wait(pid int) bool {
	var status syscall.WaitStatus
	ended, err := syscall.Wait4(pid, &status, syscall.WNOHANG, nil) // which, as it never waits, no signal breaks off
	if err != nil || ended <= 0 {
		return false
	}
	if c := r.children[ended]; c != nil {
		delete(r.children, ended)
		c.end(&status)
	}
	return true
}

// start calls fork, which returns the pid of a new child.
func (r *Reaper) start(fork func() (int, error)) (*child, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	pid, err := fork()
	if err != nil {
		return nil, err
	}
	c := newChild(pid)
	c.kill = func() { r.kill(c) }
	r.children[pid] = c
	select {
	case r.look <- struct{}{}:
	default:
	}
	return c, nil
}

func (r *Reaper) kill(c *child) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.children[c.pid] == c {
		syscall.Kill(c.pid, syscall.SIGKILL)
	}
}
