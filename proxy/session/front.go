package session

import (
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/time/rate"

	"weir/balance"
)

// A Front is a listener as its relay sees it: whom its clients are joined to, and
// what is counted and logged of them. Any number of goroutines may use it.
type Front struct {
	Service *Service

	Accepted atomic.Uint64
	Unserved atomic.Uint64 // reset because no backend was eligible
	Failed   atomic.Uint64 // reset because no backend could be reached

	log     hclog.Logger
	without *quiet // for connections when no backend is eligible
	refused *quiet // for connections that no backend took
	starved *quiet // for accept: near the limit it fails and works by turns
}

// NewFront returns the front of the listener of that name.
func NewFront(name string, s *Service, log hclog.Logger) *Front {
	return &Front{
		Service: s,
		log:     log.With("listener", name, "service", s.Name),
		without: newQuiet(rate.Every(time.Second)),
		refused: newQuiet(rate.Every(time.Second)),
		starved: newQuiet(rate.Every(10 * time.Second)),
	}
}

// Listening says that connections are taken from now on.
func (f *Front) Listening(addr netip.AddrPort) { f.log.Info("listening", "address", addr) }

// Bounds of the pause after a failed accept: descriptors run out for a while, and
// connections wait in the kernel's queue meanwhile.
const (
	MinAcceptPause = 5 * time.Millisecond
	MaxAcceptPause = time.Second
)

// Starved says that accept fails for want of something, and is tried again.
func (f *Front) Starved(err error) {
	f.warn(f.starved, "accept failed, trying on", "error", err)
}

// Refused counts a client that is reset because no backend took it: the reason is
// NoBackend, or ConnectFailed with the last try's error.
func (f *Front) Refused(client netip.AddrPort, r EndReason, err error) {
	if r == NoBackend {
		f.Unserved.Add(1)
		f.warn(f.without, "connection reset: no backend is eligible", "client", client.String())
		return
	}
	f.Failed.Add(1)
	f.warn(f.refused, "connection reset: no backend could be reached", "client", client.String(), "error", err)
}

// Watched reports whether Ended has any effect: an End may cost something to fill in.
func (f *Front) Watched() bool { return f.log.IsDebug() }

// Ended tells of a session that is over.
func (f *Front) Ended(e End) {
	f.log.Debug("connection finished",
		"client", e.Client.String(), // as JSON too, like the duration
		"instance", e.Backend,
		"bytes_up", e.Up,
		"bytes_down", e.Down,
		"duration", time.Since(e.Began).Round(time.Microsecond).String(),
		"end", e.Reason)
}

// connectFailed counts a failure that is the backend's.
func (f *Front) connectFailed(b *balance.Backend, err error) {
	b.Failures.Add(1)
	f.log.Debug("connect failed", "backend", b.Name(), "address", b.Addr(), "error", err)
	if f.Service.ConnectFailed != nil {
		f.Service.ConnectFailed(b)
	}
}

// warn logs unless q has had enough.
func (f *Front) warn(q *quiet, msg string, args ...any) {
	missed, ok := q.speak()
	if !ok {
		return
	}
	if missed > 0 {
		args = append(args, "not_logged", missed)
	}
	f.log.Warn(msg, args...)
}
