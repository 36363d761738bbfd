package proxy

import (
	"context"
	"fmt"

	"weir/proxy/session"
)

// A Listener accepts for one service on one address. Its methods may be called at any
// time, by anyone, in any order.
type Listener struct {
	*session.Front
	server *Server
	name   string
	addr   Address
	ctx    context.Context // ends when it is to accept no more
	end    context.CancelCauseFunc
	taking chan struct{} // closed when Serve takes connections
	done   chan struct{} // closed when Serve has returned

	// The server's lock guards the following.
	socket  *socket // nil once it is closed, or somebody else's
	serving bool    // Serve has begun
}

// Addr is the address bound, with the port that the kernel chose for port 0.
func (l *Listener) Addr() Address { return l.addr }

// Serving returns what is closed when Serve takes connections.
func (l *Listener) Serving() <-chan struct{} { return l.taking }

// Serve listens and accepts until Close, HandOver, Shutdown, or the Serve of a listener
// that succeeds it. Then it returns ErrServerClosed, as it does if one of these came
// before. Any other error means that it can't: most often, that the address is taken. It
// is called once.
func (l *Listener) Serve() error {
	s := l.server
	fd, err := l.begin()
	if err != nil {
		return err
	}
	defer s.accepting.Done()
	defer close(l.done)
	l.Listening(l.addr.String())
	err = s.relay.Serve(l.ctx, fd, l.Front)
	if err != nil {
		s.mu.Lock()
		s.closeLocked(l, nil)
		s.mu.Unlock()
		return fmt.Errorf("serve %s: %w", l.addr, err)
	}
	if context.Cause(l.ctx) != session.ErrHandedOver {
		l.Closed(l.addr.String())
	}
	return ErrServerClosed
}

// begin has the socket listen, and returns a descriptor of it that is the relay's. A
// listener that had the socket before accepts no more.
func (l *Listener) begin() (fd int, err error) {
	s := l.server
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.socket == nil {
		return -1, ErrServerClosed
	}
	fd, err = l.listenLocked()
	if err != nil {
		defer s.closeLocked(l, nil)
		return -1, explain("listen on", l.addr, err, s.holderLocked(l.addr, l))
	}
	for _, other := range s.listeners {
		if other == l {
			break
		}
		if other.socket == l.socket {
			defer s.closeLocked(other, session.ErrHandedOver)
		}
	}
	l.serving = true
	close(l.taking)
	s.accepting.Add(1)
	return fd, nil
}

func (l *Listener) listenLocked() (fd int, err error) {
	if err := l.server.relay.Prepare(l.socket.fd, *l.Settings()); err != nil {
		return -1, err
	}
	if err := l.socket.listen(); err != nil {
		return -1, err
	}
	return l.socket.share()
}

// Configure changes the listener for clients to come.
func (l *Listener) Configure(service *session.Service, settings session.Settings) {
	s := l.server
	s.mu.Lock()
	defer s.mu.Unlock()
	l.Front.Configure(service, settings)
	if l.socket == nil {
		return
	}
	if err := s.relay.Prepare(l.socket.fd, settings); err != nil {
		l.Unset(err)
	}
}

// Succeed returns a listener on the same socket, under another name. This one goes on
// until the other's Serve has begun; no client is lost between them.
func (l *Listener) Succeed(name string, service *session.Service, settings session.Settings) (*Listener, error) {
	s := l.server
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.socket == nil {
		return nil, ErrServerClosed
	}
	return s.addLocked(name, l.socket, service, settings), nil
}

// Close ends Serve, which takes what waits in the kernel's queue before it returns. Then
// nobody accepts at the address, unless there is a listener that succeeds this one: the
// queue is left to that. Live sessions go on.
func (l *Listener) Close() {
	s := l.server
	s.mu.Lock()
	s.closeLocked(l, nil)
	serving := l.serving
	s.mu.Unlock()
	if serving {
		<-l.done
	}
}
