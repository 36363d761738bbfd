package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// backendHandler answers /health with "up" and / with the backend's name.
func backendHandler(name string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "up\n") })
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, name+"\n") })
	return mux
}

// newBackendServer bounds what a stuck client can cost.
func newBackendServer(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}
}

// A demoServer is one of the demo's own backends. It can be killed and brought
// back at the same address.
type demoServer struct {
	name    string
	addr    netip.AddrPort
	handler http.Handler

	mu     sync.Mutex     // guards following
	server *http.Server   // nil while dead
	done   sync.WaitGroup // the server's accept loop
	killed time.Time      // when last; zero: never
}

// startDemoServer chooses a free port.
func startDemoServer(name string, h http.Handler) (*demoServer, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &demoServer{name: name, addr: ln.Addr().(*net.TCPAddr).AddrPort(), handler: h}
	s.serve(ln)
	return s, nil
}

func (s *demoServer) serve(ln net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	server := newBackendServer(s.handler)
	s.server = server
	s.done.Go(func() { server.Serve(ln) })
}

// kill closes the port and all connections at once.
func (s *demoServer) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server == nil {
		return
	}
	s.server.Close()
	s.server = nil
	s.killed = time.Now()
	s.done.Wait()
}

// killedSince reports whether it was killed at t or later. It waits for a kill
// that is under way.
func (s *demoServer) killedSince(t time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.killed.IsZero() && !s.killed.Before(t)
}

// Any outgoing connection may hold the port for a moment while the backend is dead.
const (
	revivePatience = 3 * time.Second
	reviveEvery    = 20 * time.Millisecond
)

// revive serves again at the same address.
func (s *demoServer) revive(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, revivePatience)
	defer cancel()
	for {
		ln, err := net.Listen("tcp", s.addr.String())
		if err == nil {
			s.serve(ln)
			return nil
		}
		select {
		case <-time.After(reviveEvery):
		case <-ctx.Done():
			return fmt.Errorf("bring %s back: %w", s.name, err)
		}
	}
}
