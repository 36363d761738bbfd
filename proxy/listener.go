package proxy

import (
	"context"
	"fmt"
	"net/netip"

	"weir/proxy/session"
)

// A Listener accepts for one service on one address.
type Listener struct {
	*session.Front
	server *Server
	socket *socket
	ctx    context.Context // ends when it is to accept no more
	end    context.CancelCauseFunc
}

// Addr is the address bound, with the port that the kernel chose for port 0.
func (l *Listener) Addr() netip.AddrPort { return l.socket.addr }

// Serve listens and accepts until Shutdown, then returns ErrServerClosed. Any
// other error means that it can't: most often, that the address is taken. It is called once.
func (l *Listener) Serve() error {
	s := l.server
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		return ErrServerClosed
	}
	fd, err := l.listen()
	if err == nil {
		s.accepting.Add(1)
	}
	s.mu.Unlock()
	if err != nil {
		return err
	}
	defer s.accepting.Done()
	l.Listening(l.Addr().String())
	if err := s.relay.Serve(l.ctx, fd, l.Front); err != nil {
		return err
	}
	return ErrServerClosed
}

// listen returns a descriptor that is the relay's.
func (l *Listener) listen() (fd int, err error) {
	if err := l.server.relay.Prepare(l.socket.fd, *l.Settings()); err != nil {
		l.socket.close()
		return -1, fmt.Errorf("listen on %s: %w", l.Addr(), err)
	}
	return l.socket.listen()
}

// close ends Serve, which takes what waits in the kernel's queue before it
// returns. The server's lock is held.
func (l *Listener) close() {
	l.end(nil)
	l.socket.close()
}
