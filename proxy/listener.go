package proxy

import (
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
)

// A Listener accepts for one service on one address.
type Listener struct {
	server  *Server
	service *Service
	socket  *socket
	log     hclog.Logger
	without *quiet        // for connections when no backend is eligible
	refused *quiet        // for connections that no backend took
	starved *quiet        // for accept: near the limit it fails and works by turns
	closing chan struct{} // closed when Shutdown begins

	Accepted  atomic.Uint64
	NoBackend atomic.Uint64 // reset because no backend was eligible
	Failed    atomic.Uint64 // reset because no backend could be reached
}

// Addr is the address bound, with the port that the kernel chose for port 0.
func (l *Listener) Addr() netip.AddrPort { return l.socket.addr }

// Bounds of the pause after a failed accept: descriptors run out for a while,
// and connections wait in the kernel's queue meanwhile.
const (
	minAcceptPause = 5 * time.Millisecond
	maxAcceptPause = time.Second
)

// Serve listens and accepts until Shutdown, then returns ErrServerClosed. Any
// other error means that the address is taken. It is called once.
func (l *Listener) Serve() error {
	s := l.server
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		return ErrServerClosed
	}
	ln, err := l.socket.listen()
	if err == nil {
		s.accepting.Add(1)
	}
	s.mu.Unlock()
	if err != nil {
		return err
	}
	defer s.accepting.Done()
	l.log.Info("listening", "address", l.Addr())
	var wait time.Duration
	for {
		conn, err := ln.AcceptTCP()
		switch {
		case err == nil:
			wait = 0
			l.start(conn)
		case l.isClosing():
			// Nothing goes between these two: who comes in there is lost.
			late := l.socket.takeQueued()
			ln.Close()
			for _, conn := range late {
				l.start(conn)
			}
			return ErrServerClosed
		default:
			if wait == 0 {
				l.warn(l.starved, "accept failed, trying on", "error", err)
			}
			wait = min(max(2*wait, minAcceptPause), maxAcceptPause)
			select {
			case <-time.After(wait):
			case <-l.closing:
			}
		}
	}
}

func (l *Listener) start(conn *net.TCPConn) {
	l.Accepted.Add(1)
	c := &session{listener: l, client: conn, began: time.Now()}
	l.server.track(c)
	go c.connect()
}

// warn logs unless q has had enough.
func (l *Listener) warn(q *quiet, msg string, args ...any) {
	missed, ok := q.speak()
	if !ok {
		return
	}
	if missed > 0 {
		args = append(args, "not_logged", missed)
	}
	l.log.Warn(msg, args...)
}

// close ends Serve, which takes what waits in the kernel's queue before it
// returns. The server's lock is held.
func (l *Listener) close() {
	close(l.closing)
	l.socket.expire()
}

func (l *Listener) isClosing() bool {
	select {
	case <-l.closing:
		return true
	default:
		return false
	}
}
