package upgrade

import (
	"context"
	"time"
)

// An Event is what the newest generation lets an older one know. One of its fields is set.
type Event struct {
	Serving int            // the pid of the newest, which has the service
	Stop    *time.Duration // end within this time
	Gone    *Exit          // the newest has ended: the last event
}

// An Exit is how the newest generation ended.
type Exit struct {
	Code    int  // of its exit; as a shell has it if a signal ended it, 1 if nothing is known
	Crashed bool // it ended without a word to the older ones
}

// Next waits for an event. After HandOver, it is called until one says Gone, or Close follows.
func (s *Successor) Next(ctx context.Context) (Event, error) {
	for {
		var m received
		select {
		case m = <-s.messages:
		case <-ctx.Done():
			return Event{}, ctx.Err()
		}
		switch {
		case m.err != nil && s.said != nil:
			return Event{Gone: s.said}, nil
		case m.err != nil:
			return Event{Gone: s.exit()}, nil
		case m.Kind == kindServing:
			s.newest = m.PID
			return Event{Serving: m.PID}, nil
		case m.Kind == kindStop:
			return Event{Stop: &m.Grace}, nil
		case m.Kind == kindEnded:
			s.said = &Exit{Code: m.Code}
		}
	}
}

// exit waits for the end of a newest that didn't announce it. Only of our own successor is more known
// than that.
func (s *Successor) exit() *Exit {
	if s.newest == s.child.pid {
		select {
		case <-s.child.ended:
			return s.child.exit()
		case <-time.After(lingering):
		}
	}
	return &Exit{Code: 1, Crashed: true}
}
