// Package proxy accepts TCP connections and joins each to a backend of its
// service, byte for byte, ends and resets included. It sees backends only
// through a balance.Pool, whose picks cost it no lock.
package proxy

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/time/rate"

	"weir/balance"
)

// ErrServerClosed is what Serve returns once Shutdown began: not a failure.
var ErrServerClosed = errors.New("proxy: server closed")

// A Service is what a listener needs to know of the service behind it.
type Service struct {
	Name           string
	Pool           *balance.Pool
	ConnectTimeout time.Duration // of one try
	Retries        int           // other backends tried after a failed connect

	// ConnectFailed, if set, is told of each backend that refused a connection
	// or didn't answer in time. It must not block.
	ConnectFailed func(*balance.Backend)
}

// A Server owns listeners and the sessions that came through them.
type Server struct {
	log     hclog.Logger
	buffers bufferPool
	pipes   pipePool

	dialing context.Context // ends when sessions are cut
	cut     context.CancelFunc

	accepting sync.WaitGroup // one per listener that serves
	joined    sync.WaitGroup // one per session

	mu        sync.Mutex // guards following
	closing   bool       // no listener is taken up any more
	listeners map[*Listener]struct{}
	sessions  map[*session]struct{}
	ended     int // sessions that have
}

// NewServer returns a server without listeners.
func NewServer(log hclog.Logger) *Server {
	ctx, cancel := context.WithCancel(context.Background())
	return &Server{
		log:       log,
		dialing:   ctx,
		cut:       cancel,
		listeners: map[*Listener]struct{}{},
		sessions:  map[*session]struct{}{},
	}
}

// Bind takes the address for a listener, which refuses connections until its
// Serve is called: whether an address is free is known at start, and no client
// waits in a queue that nobody serves.
func (s *Server) Bind(name string, addr netip.AddrPort, service *Service) (*Listener, error) {
	socket, err := bind(addr)
	if err != nil {
		return nil, err
	}
	l := &Listener{
		server:  s,
		service: service,
		socket:  socket,
		log:     s.log.With("listener", name, "service", service.Name),
		without: newQuiet(rate.Every(time.Second)),
		refused: newQuiet(rate.Every(time.Second)),
		starved: newQuiet(rate.Every(10 * time.Second)),
		closing: make(chan struct{}),
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
	s.mu.Lock()
	before := s.ended
	if !s.closing {
		s.closing = true
		for l := range s.listeners {
			l.close()
		}
	}
	s.mu.Unlock()
	s.accepting.Wait()

	done := make(chan struct{}) // closed when the last session has ended
	go func() {
		s.joined.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
	s.cut()
	s.mu.Lock()
	cut = len(s.sessions)
	for c := range s.sessions {
		c.abort(endShutdown)
	}
	s.mu.Unlock()
	<-done
	return s.ended - before - cut, cut
}

// track takes up a session. It is never too late for that: Shutdown waits for
// the listeners before it looks at the sessions.
func (s *Server) track(c *session) {
	s.mu.Lock()
	s.sessions[c] = struct{}{}
	s.mu.Unlock()
	s.joined.Add(1)
}

func (s *Server) untrack(c *session) {
	s.mu.Lock()
	delete(s.sessions, c)
	s.ended++
	s.mu.Unlock()
	s.joined.Done()
}
