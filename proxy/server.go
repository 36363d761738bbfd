// Package proxy accepts connections, by TCP or a unix socket, and joins each to a backend of its
// service, byte for byte, ends and resets included. It sees backends only
// through a balance.Pool, whose picks cost it no lock.
package proxy

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"syscall"

	"github.com/hashicorp/go-hclog"

	"weir/balance"
	"weir/proxy/session"
)

// ErrServerClosed is what Serve returns once its listener was closed or handed over: not a failure.
var ErrServerClosed = errors.New("proxy: server closed")

// A Server owns listeners and, through its relay, the sessions that came by them. Its
// methods may be called at any time, by anyone, in any order.
type Server struct {
	log     hclog.Logger
	relay   relay
	process session.Room // for the sessions of all listeners

	accepting sync.WaitGroup // one per listener that serves

	finishing context.Context         // ends when the sessions that are left are reset
	cut       context.CancelCauseFunc // with an EndReason
	finished  chan struct{}           // closed when no session is left after Finish

	mu        sync.Mutex // guards following, and the listeners' sockets
	closing   bool       // no listener is taken up any more
	ending    bool       // Finish was called
	listeners []*Listener
	inherited []Socket // that no Bind took so far
}

// NewServer returns a server without listeners, with a relay of that kind: "" is
// the best there is here.
func NewServer(kind Kind, log hclog.Logger) (*Server, error) {
	relay, err := newRelay(kind)
	if err != nil {
		return nil, err
	}
	s := &Server{log: log, relay: relay, finished: make(chan struct{})}
	s.finishing, s.cut = context.WithCancelCause(context.Background())
	return s, nil
}

// Limit sets how many sessions there may be at a time by all listeners, 0 for any number.
// Those that there are stay.
func (s *Server) Limit(n int) { s.process.Limit(n) }

// Bind takes the address for a listener, which refuses connections until its
// Serve is called: whether an address is free is known at start, and no client
// waits in a queue that nobody serves.
func (s *Server) Bind(name string, addr Address, service *session.Service, settings session.Settings) (*Listener, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return nil, ErrServerClosed
	}
	socket, err := s.openLocked(addr)
	if errors.Is(err, syscall.EAFNOSUPPORT) && addr.AddrPort.Addr() == netip.IPv6Unspecified() {
		addr.AddrPort = netip.AddrPortFrom(netip.IPv4Unspecified(), addr.AddrPort.Port()) // a host without IPv6
		socket, err = s.openLocked(addr)
	}
	if err != nil {
		return nil, explain("bind", addr, err, s.holderLocked(addr, nil))
	}
	return s.addLocked(name, socket, service, settings), nil
}

func (s *Server) openLocked(addr Address) (*socket, error) {
	if socket, err := s.takeLocked(addr); socket != nil || err != nil {
		return socket, err
	}
	if addr.Path != "" && s.holderLocked(addr, nil) != "" {
		return nil, syscall.EADDRINUSE // one that doesn't listen yet would be taken for stale
	}
	return bind(addr)
}

// holderLocked says who of weir's own, except itself, has the address or part of it; "" if nobody has.
func (s *Server) holderLocked(addr Address, itself *Listener) string {
	for _, l := range s.listeners {
		if l != itself && l.addr.overlaps(addr) {
			return fmt.Sprintf("listener %q at %s", l.name, l.addr)
		}
	}
	for _, in := range s.inherited {
		if in.Address.overlaps(addr) {
			return fmt.Sprintf("an inherited socket at %s", in.Address)
		}
	}
	return ""
}

func (s *Server) addLocked(name string, socket *socket, service *session.Service, settings session.Settings) *Listener {
	ctx, end := context.WithCancelCause(context.Background())
	l := &Listener{
		Front:  session.NewFront(name, service, settings, &s.process, s.log),
		server: s,
		name:   name,
		addr:   socket.addr,
		ctx:    ctx,
		end:    end,
		taking: make(chan struct{}),
		done:   make(chan struct{}),
		socket: socket,
	}
	s.listeners = append(s.listeners, l)
	return l
}

// closeLocked takes a listener's socket away and has its Serve end for that cause. A unix
// socket's file goes first, so that nobody comes any more when the relay takes the queue. By
// TCP they do until the relay closes its descriptor, the last one, right after that.
func (s *Server) closeLocked(l *Listener, cause error) {
	if l.socket == nil {
		return
	}
	socket := l.socket
	l.socket = nil
	s.listeners = slices.DeleteFunc(s.listeners, func(other *Listener) bool { return other == l })
	shared := slices.ContainsFunc(s.listeners, func(other *Listener) bool { return other.socket == socket })
	switch {
	case shared:
		cause = session.ErrHandedOver
	case cause == session.ErrHandedOver:
		socket.close()
	default:
		socket.remove()
		socket.close()
	}
	l.end(cause)
}

// Sockets returns the sockets of all listeners, for another process. The descriptors
// remain the server's: each is valid until its listener closes.
func (s *Server) Sockets() []Socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	var sockets []Socket
	for _, l := range s.listeners {
		fd := l.socket.fd
		if !slices.ContainsFunc(sockets, func(s Socket) bool { return s.FD == fd }) {
			sockets = append(sockets, Socket{Address: l.addr, FD: fd, Remove: l.socket.file != nil})
		}
	}
	return sockets
}

// End resets, soon, all sessions that are joined to a backend, for that reason. Its Closed
// is to be set before, so that those end too that are about to join it.
func (s *Server) End(b *balance.Backend, r session.EndReason) { s.relay.End(b, r) }
