package session

import (
	"errors"
	"os"
	"slices"
	"syscall"
	"time"

	"weir/balance"
)

// LonePause goes before the second try of a service's only backend, which may
// be restarting, and before a try after trouble of our own.
const LonePause = 100 * time.Millisecond

// LastBytes is how long a side that is still there may take over what the other one
// sent before it was lost. Then it is reset as well.
const LastBytes = 500 * time.Millisecond

// Tries decides whom a client is joined to, and keeps the backends' counts: one that
// is being tried counts as active, so that the pool doesn't forget it.
//
// First, then Failed and perhaps Resume after each failed try, then Joined. Whoever
// has a backend from one of these owes the pool a Leave, but for a Failed since.
type Tries struct {
	front   *Front
	service *Service
	left    int                // retries
	tried   []*balance.Backend // and found wanting
	current *balance.Backend
	lone    bool // the pause under way is before a lone backend's second try
}

// First returns the backend to try first. If there is none, Why says why.
func (t *Tries) First(f *Front, s *Service) *balance.Backend {
	*t = Tries{front: f, service: s, left: s.Retries}
	return t.take(nil)
}

// Why is the reason of an end without a backend: err is the last try's, nil if there was none.
func (t *Tries) Why(err error) EndReason {
	switch {
	case errors.Is(err, syscall.ETIMEDOUT), errors.Is(err, os.ErrDeadlineExceeded):
		return ConnectTimeout
	case err != nil:
		return ConnectFailed
	case t.service.MaxPerInstance > 0 && t.service.Pool.Snapshot().Len() > 0:
		return InstancesFull
	}
	return NoBackend
}

// Failed says whom to try after the current backend could not be connected to. A
// pause means that Resume will say, after that time. Neither means that nobody is left.
func (t *Tries) Failed(err error) (next *balance.Backend, pause time.Duration) {
	b := t.current
	t.current = nil
	Leave(b)
	retry := t.left > 0
	t.left--
	if Ours(err) {
		// Says nothing about any backend: wait until the trouble may be over.
		t.lone = false
		if !retry {
			return nil, 0
		}
		return nil, LonePause
	}
	t.front.connectFailed(t.service, b, err)
	t.tried = append(t.tried, b)
	if retry {
		if next := t.take(t.tried); next != nil {
			return next, 0
		}
	}
	// A lone backend's second try is no retry: those are for others.
	if t.lone = len(t.tried) == 1 && t.service.Pool.Snapshot().Len() <= 1; t.lone {
		return nil, LonePause
	}
	return nil, 0
}

// Resume says whom to try now that the pause is over: only an eligible backend.
func (t *Tries) Resume() *balance.Backend {
	if t.lone {
		return t.take(nil)
	}
	return t.take(t.tried)
}

// Joined counts the connection that the current backend took, and returns that.
func (t *Tries) Joined() *balance.Backend {
	t.current.Connections.Add(1)
	return t.current
}

// Stopped ends the try under way for a reason that is not the backend's.
func (t *Tries) Stopped() {
	if t.current != nil {
		Leave(t.current)
		t.current = nil
	}
}

// take makes the pool's next choice but those tried the current backend, and counts it
// as active; nil if there is none.
func (t *Tries) take(tried []*balance.Backend) *balance.Backend {
	pool, most := t.service.Pool, t.service.MaxPerInstance
	switch {
	case most > 0:
		t.current = takeBelow(pool, most, tried)
		return t.current // counted
	case len(tried) == 0:
		t.current = pool.Pick()
	default:
		t.current = pool.PickOther(tried)
	}
	if t.current != nil {
		t.current.Active.Add(1)
	}
	return t.current
}

// takeTries bounds the work for one client. A choice fails only if others take the last
// place of that backend at the same moment: so many in a row are not seen in practice.
const takeTries = 64

// takeBelow counts a connection in with a backend that has fewer than most: others may
// do so at the same moment, and none goes beyond.
func takeBelow(pool *balance.Pool, most int, tried []*balance.Backend) *balance.Backend {
	for range takeTries {
		b := pool.PickBelow(most, tried)
		if b == nil {
			return nil
		}
		for n := b.Active.Load(); n < int64(most); n = b.Active.Load() {
			if b.Active.CompareAndSwap(n, n+1) {
				return b
			}
		}
	}
	return nil
}

// Leave ends a connection's stay with its backend.
func Leave(b *balance.Backend) { b.Active.Add(-1) }

// Ours reports whether a connect failed for want of something on this host, which
// says nothing about the backend.
func Ours(err error) bool {
	return slices.ContainsFunc([]error{syscall.EMFILE, syscall.ENFILE, syscall.EADDRNOTAVAIL, syscall.ENOBUFS, syscall.ENOMEM, syscall.ENOSPC},
		func(e error) bool { return errors.Is(err, e) })
}
