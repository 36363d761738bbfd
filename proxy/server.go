// Package proxy accepts TCP connections and joins each to a backend of its
// service, byte for byte, ends and resets included. It sees backends only
// through a balance.Pool, whose picks cost it no lock.
package proxy

import (
	"context"
	"errors"
	"net/netip"
	"sync"

	"github.com/hashicorp/go-hclog"

	"weir/proxy/session"
)

// ErrServerClosed is what Serve returns once Shutdown began: not a failure.
var ErrServerClosed = errors.New("proxy: server closed")

// A Server owns listeners and, through its relay, the sessions that came by them.
type Server struct {
	log   hclog.Logger
	relay relay

	accepting sync.WaitGroup // one per listener that serves

	mu        sync.Mutex // guards following
	closing   bool       // no listener is taken up any more
	listeners map[*Listener]struct{}
}

// NewServer returns a server without listeners, with a relay of that kind: "" is
// the best there is here.
func NewServer(kind Kind, log hclog.Logger) (*Server, error) {
	relay, err := newRelay(kind)
	if err != nil {
		return nil, err
	}
	return &Server{log: log, relay: relay, listeners: map[*Listener]struct{}{}}, nil
}

// Bind takes the address for a listener, which refuses connections until its
// Serve is called: whether an address is free is known at start, and no client
// waits in a queue that nobody serves.
func (s *Server) Bind(name string, addr netip.AddrPort, service *session.Service) (*Listener, error) {
	socket, err := bind(addr)
	if err != nil {
		return nil, err
	}
	ctx, end := context.WithCancelCause(context.Background())
	l := &Listener{
		Front:  session.NewFront(name, service, session.Settings{}, nil, s.log),
		server: s,
		socket: socket,
		ctx:    ctx,
		end:    end,
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		socket.close()
		return nil, ErrServerClosed
	}
	s.listeners[l] = struct{}{}
	return l, nil
}

// Shutdown closes the listeners, after taking the connections that wait in
// their queues, and lets sessions finish until ctx ends; then it resets the
// rest. It reports how many finished in that time and how many were cut.
func (s *Server) Shutdown(ctx context.Context) (finished, cut int) {
	before := s.relay.Ended()
	s.mu.Lock()
	if !s.closing {
		s.closing = true
		for l := range s.listeners {
			l.close()
		}
	}
	s.mu.Unlock()
	s.accepting.Wait()
	cut = s.relay.Finish(ctx, session.Shutdown)
	return s.relay.Ended() - before - cut, cut
}
