package upgrade

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"
)

// Options say what a new process is.
type Options struct {
	Path    string   // of the program
	Args    []string // without its name
	Env     []string
	Sockets []Socket      // it gets its own descriptors of them; these stay the caller's
	Elders  *Elders       // the generations before this one
	Within  time.Duration // it must be ready; what it is told, and what Await waits for
	Stderr  io.Writer     // gets what it writes to standard error until it serves, whole lines as a rule
}

// A Successor is the next generation, seen from the one that started it.
type Successor struct {
	child   *child
	within  time.Duration
	control *channel
	words   words
	stderr  *os.File

	// Of Next's caller.
	newest int   // pid
	said   *Exit // by the newest, of itself

	messages chan received // from hear; unbuffered
	closing  chan struct{} // closed by close
	heard    sync.WaitGroup
	listened chan struct{} // closed when all of stderr was read
}

type received struct {
	message
	err error
}

// Start starts the next generation. The caller calls Await next.
func Start(r *Reaper, o Options) (*Successor, error) {
	control, theirs, err := newPair()
	if err != nil {
		return nil, err
	}
	defer syscall.Close(theirs)
	stderr, write, err := newPipe()
	if err != nil {
		control.close()
		return nil, err
	}
	defer syscall.Close(write)

	descriptors := []int{0, 1, write, controlFD: theirs, stderrFD: 2}
	m := &manifest{Within: o.Within, Sockets: make([]Socket, 0, len(o.Sockets))}
	for _, e := range o.Elders.all() {
		m.Elders = append(m.Elders, len(descriptors))
		descriptors = append(descriptors, e.fd)
	}
	for _, s := range o.Sockets {
		fd := s.FD
		s.FD = len(descriptors)
		m.Sockets = append(m.Sockets, s)
		descriptors = append(descriptors, fd)
	}
	c, err := spawn(r, o, descriptors)
	if err != nil {
		control.close()
		stderr.Close()
		return nil, fmt.Errorf("start %s: %w", o.Path, err)
	}
	s := &Successor{
		child:    c,
		newest:   c.pid,
		within:   o.Within,
		control:  control,
		stderr:   stderr,
		messages: make(chan received),
		closing:  make(chan struct{}),
		listened: make(chan struct{}),
	}
	s.heard.Go(s.hear)
	go func() {
		defer close(s.listened)
		s.words.listen(stderr, o.Stderr)
	}()
	control.send(message{Kind: kindManifest, Manifest: m}) // that it didn't get it, Await will see
	return s, nil
}

// hear passes on what the new process says, to its end.
func (s *Successor) hear() {
	for {
		m, err := s.control.receive(context.Background())
		select {
		case s.messages <- received{m, err}:
		case <-s.closing:
			return
		}
		if err != nil {
			return
		}
	}
}

// PID is the new process's.
func (s *Successor) PID() int { return s.child.pid }

// Drained tells the newest generation that this process has no connections any more, though it goes on
// to hear Events.
func (s *Successor) Drained() { s.control.endWrites() }

// Close lets go of the new process. Nothing of s runs any more when it returns.
func (s *Successor) Close() {
	close(s.closing)
	s.control.close()
	s.heard.Wait()
	s.stderr.Close()
	<-s.listened
	s.child.close()
}
