package proxy

import (
	"context"

	"weir/proxy/session"
)

// HandOver has all listeners accept no more, once and for all, and leaves their queues to the
// process that has their sockets too. It returns when nothing is accepted any more; sessions
// go on.
func (s *Server) HandOver() { s.stop(session.ErrHandedOver) }

// Shutdown closes the listeners, after taking the connections that wait in
// their queues, and lets sessions finish until ctx ends; then it resets the
// rest. It reports how many finished in that time and how many were cut.
func (s *Server) Shutdown(ctx context.Context) (finished, cut int) {
	return s.Finish(ctx, session.Shutdown)
}

// Finish is Shutdown for that reason, unless ctx's cause is another EndReason, and after
// HandOver leaves the queues alone. Called again while it runs, it waits for the first one,
// whose sessions are reset when either context ends, and reports nothing: they are counted
// there.
func (s *Server) Finish(ctx context.Context, r session.EndReason) (finished, cut int) {
	before := s.relay.Ended()
	s.stop(nil)
	if ctx.Err() != nil {
		s.cut(r.Cause(ctx)) // sooner than AfterFunc
	}
	defer context.AfterFunc(ctx, func() { s.cut(r.Cause(ctx)) })()
	s.mu.Lock()
	first := !s.ending
	s.ending = true
	s.mu.Unlock()
	if !first {
		<-s.finished
		return 0, 0
	}
	defer close(s.finished)
	cut = s.relay.Finish(s.finishing, r)
	return s.relay.Ended() - before - cut, cut
}

// stop closes all listeners for that cause, and returns when none accepts.
func (s *Server) stop(cause error) {
	s.mu.Lock()
	s.closing = true
	for len(s.listeners) > 0 {
		s.closeLocked(s.listeners[len(s.listeners)-1], cause)
	}
	s.dropLocked()
	s.mu.Unlock()
	s.accepting.Wait()
}
