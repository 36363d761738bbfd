package upgrade

import (
	"errors"
	"fmt"
	"sync"
	"syscall"
)

// A child is a process that this one started, though it may be another one's to wait for.
type child struct {
	pid    int
	kill   func()              // does nothing once it has ended
	ended  chan struct{}       // closed when it has
	status *syscall.WaitStatus // how, if that is known; read after ended

	forget  func() // ends watched
	watched sync.WaitGroup
}

func newChild(pid int) *child {
	return &child{pid: pid, ended: make(chan struct{}), forget: func() {}}
}

// close returns when nobody looks after it any more but the Reaper.
func (c *child) close() {
	c.forget()
	c.watched.Wait()
}

// end is called once.
func (c *child) end(status *syscall.WaitStatus) {
	c.status = status
	close(c.ended)
}

// verdict is how it ended, which it has, before it served.
func (c *child) verdict() error {
	switch {
	case c.status == nil:
		return errors.New("ended before it served")
	case c.status.Signaled():
		return fmt.Errorf("was ended by a signal (%s) before it served", c.status.Signal())
	}
	return fmt.Errorf("ended with exit code %d before it served", c.status.ExitStatus())
}

// exit is how it ended without a word to older generations.
func (c *child) exit() *Exit {
	switch {
	case c.status == nil:
		return &Exit{Code: 1, Crashed: true}
	case c.status.Signaled():
		return &Exit{Code: 128 + int(c.status.Signal()), Crashed: true}
	}
	return &Exit{Code: c.status.ExitStatus(), Crashed: true}
}
