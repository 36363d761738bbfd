package upgrade

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// lingering is how long we wait for what must follow from the death of a process.
const lingering = time.Second

// Await returns nil once the new process is ready to serve. Otherwise it is dead, whatever it did, and
// the error says why. If ctx ends, it is killed too.
func (s *Successor) Await(ctx context.Context) error {
	limit := time.NewTimer(s.within)
	defer limit.Stop()
	if err := s.awaitReady(ctx, limit.C); err != nil {
		return s.end(ctx, err)
	}
	return nil
}

// end kills the new process, if that is still to be done, and completes the error that says why.
func (s *Successor) end(ctx context.Context, why error) error {
	s.child.kill()
	select {
	case <-s.child.ended:
	case <-time.After(lingering): // it hangs in the kernel, and the Reaper sees to it
	}
	select {
	case <-s.listened:
	case <-time.After(lingering): // a process that it started holds its standard error
	}
	s.Close()
	if ctx.Err() != nil {
		return why
	}
	if failed, ok := errors.AsType[failure](why); ok {
		return fmt.Errorf("the new process (pid %d) %w", s.child.pid, failed.error)
	}
	return fmt.Errorf("the new process (pid %d) %w; %s", s.child.pid, why, &s.words)
}

// A failure is the new process's own account, which needs no other.
type failure struct{ error }

// awaitReady returns an error that goes on from "the new process".
func (s *Successor) awaitReady(ctx context.Context, limit <-chan time.Time) error {
	select {
	case m := <-s.messages:
		if m.err == io.EOF {
			return s.silence(ctx)
		}
		return m.must(kindReady)
	case <-s.child.ended:
		// Its own account, if there is one, was sent before.
		select {
		case m := <-s.messages:
			if m.err == nil && m.Kind == kindFailed {
				return m.must(kindReady)
			}
		case <-time.After(lingering):
		}
		return s.child.verdict()
	case <-limit:
		return fmt.Errorf("wasn't ready within %s", s.within)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// HandOver gives a process that is ready the service. On nil it serves, and the caller takes what comes
// Next; otherwise it is dead, as after Await.
func (s *Successor) HandOver(ctx context.Context) error {
	var err error
	if s.control.send(message{Kind: kindServe}) == nil {
		err = s.awaitServing(ctx)
	} else {
		err = s.silence(ctx)
	}
	if err != nil {
		return s.end(ctx, err)
	}
	return nil
}

func (s *Successor) awaitServing(ctx context.Context) error {
	select {
	case m := <-s.messages:
		if m.err == io.EOF {
			return s.silence(ctx)
		}
		return m.must(kindServing)
	case <-s.child.ended:
		return s.child.verdict()
	case <-time.After(handshake):
		return fmt.Errorf("was ready, but didn't take the service within %s", handshake)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// must returns nil for a message of this kind.
func (m received) must(want kind) error {
	switch {
	case m.err != nil:
		return fmt.Errorf("sent %w", m.err)
	case m.Kind == want:
		return nil
	case m.Kind == kindFailed:
		return failure{errors.New("failed: " + m.Error)}
	}
	return fmt.Errorf("said %q where only %q would do", excerpt([]byte(m.Kind)), want)
}

// silence says why the channel is closed: as a rule because the process has ended.
func (s *Successor) silence(ctx context.Context) error {
	select {
	case <-s.child.ended:
		return s.child.verdict()
	case <-time.After(lingering):
		return errors.New("closed its control channel before it served")
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
