package session

import (
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/time/rate"

	"weir/balance"
)

// A Front is a listener as its relay sees it: whether there is room for a client, whom it
// is joined to, and what is counted and logged of it. Any number of goroutines may use it.
//
// Clients come in by a Door. Leave is to be called at the end of each session.
type Front struct {
	Accepted atomic.Uint64 // all that were accepted, those turned away included
	Unserved atomic.Uint64 // reset because no backend was eligible, or all were full
	Failed   atomic.Uint64 // reset because no backend could be reached
	TooMany  atomic.Uint64 // turned away: there was no place
	Greedy   atomic.Uint64 // turned away: they had too many

	service  atomic.Pointer[Service]
	settings atomic.Pointer[Settings]
	process  *Room // of all listeners
	room     Room  // of this one
	clients  clients

	log     hclog.Logger
	without *quiet // for connections when no backend is eligible
	refused *quiet // for connections that no backend took
	starved *quiet // for accept: near the limit it fails and works by turns
	full    *quiet // for clients that there is no room for
	greedy  *quiet // for clients that have too many
}

// NewFront returns the front of the listener of that name. The process's room is nil where
// there is no limit for all listeners.
func NewFront(name string, service *Service, settings Settings, process *Room, log hclog.Logger) *Front {
	if process == nil {
		process = &Room{}
	}
	f := &Front{
		process: process,
		log:     log.With("listener", name),
		without: newQuiet(rate.Every(time.Second)),
		refused: newQuiet(rate.Every(time.Second)),
		starved: newQuiet(rate.Every(10 * time.Second)),
		full:    newQuiet(rate.Every(10 * time.Second)),
		greedy:  newQuiet(rate.Every(10 * time.Second)),
	}
	f.Configure(service, settings)
	return f
}

// Configure changes the listener for clients to come. Those who wait for a place look
// again: they may be granted one now, or are not to wait any more.
func (f *Front) Configure(service *Service, settings Settings) {
	f.service.Store(service)
	f.settings.Store(&settings)
	f.room.Limit(settings.MaxConnections)
	f.process.wake()
}

// Service is whom the next client is joined to. A session asks once.
func (f *Front) Service() *Service { return f.service.Load() }

// Settings is what the next client is granted. A session asks once.
func (f *Front) Settings() *Settings { return f.settings.Load() }

// Enter takes a place for the next client, if there is one.
func (f *Front) Enter() bool {
	if !f.room.enter() {
		return false
	}
	if !f.process.enter() { // after the room: a full listener takes no place from others, not even for a moment
		f.room.leave()
		return false
	}
	return true
}

// When says what becomes of clients that there is no place for.
func (f *Front) When() WhenFull { return f.Settings().WhenFull }

// Await has wake called once, as soon as there may be a place for a client, or those
// without one are not to wait any more: perhaps at once, by the caller. Wake must not block.
func (f *Front) Await(wake func()) {
	f.warn(f.full, "no room for more connections, they wait", "open", f.room.Used(), "open_in_process", f.process.Used())
	room := &f.room
	if f.process.full() {
		room = f.process
	}
	room.await(wake)
	if f.When() != Wait {
		room.wake() // Configure just before saw nobody wait
	}
}

// TurnAway counts a client that came though there was no place: it is to be reset.
func (f *Front) TurnAway(client netip.AddrPort) {
	f.Accepted.Add(1)
	f.TooMany.Add(1)
	f.warn(f.full, "connection reset: no room for more", "client", name(client), "open", f.room.Used(), "open_in_process", f.process.Used())
}

// Admit counts a client, whose place Enter took, and says what it is granted. It is not ok
// if the client is to be reset because it has too many sessions: then Admit has given the
// place back.
func (f *Front) Admit(client netip.AddrPort) (s *Settings, ok bool) {
	f.Accepted.Add(1)
	s = f.Settings()
	if most := s.MaxConnectionsPerClient; most > 0 && client.IsValid() && !f.clients.enter(client.Addr(), most) {
		f.Greedy.Add(1)
		f.warn(f.greedy, "connection reset: this client has too many", "client", name(client), "max_connections_per_client", most)
		f.Left()
		return nil, false
	}
	return s, true
}

// Leave gives back the place of an admitted client, with the settings that Admit gave it.
func (f *Front) Leave(client netip.AddrPort, s *Settings) {
	if s.MaxConnectionsPerClient > 0 && client.IsValid() {
		f.clients.leave(client.Addr())
	}
	f.Left()
}

// Left gives back a place for which no client came.
func (f *Front) Left() {
	f.room.leave()
	f.process.leave()
}

// name is a client's address as logs have it.
func name(client netip.AddrPort) string {
	if !client.IsValid() {
		return "unix"
	}
	return client.String()
}

// Listening says that connections are taken from now on.
func (f *Front) Listening(addr string) {
	f.log.Info("listening", "address", addr, "service", f.Service().Name)
}

// Closed says that no connections are taken any more, and none wait.
func (f *Front) Closed(addr string) { f.log.Info("listener closed", "address", addr) }

// Unset says that settings don't hold for the sockets to come as they should.
func (f *Front) Unset(err error) {
	f.log.Warn("keep-alive can't be set on the listening socket", "error", err)
}

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
// NoBackend, InstancesFull, or ConnectFailed or ConnectTimeout with the last try's error.
func (f *Front) Refused(client netip.AddrPort, r EndReason, err error) {
	switch r {
	case NoBackend:
		f.Unserved.Add(1)
		f.warn(f.without, "connection reset: no backend is eligible", "client", name(client))
	case InstancesFull:
		f.Unserved.Add(1)
		f.warn(f.without, "connection reset: every eligible backend has max_connections_per_instance", "client", name(client))
	default:
		f.Failed.Add(1)
		f.warn(f.refused, "connection reset: no backend could be reached", "client", name(client), "error", err)
	}
}

// Watched reports whether Ended has any effect: an End may cost something to fill in.
func (f *Front) Watched() bool { return f.log.IsDebug() }

// Ended tells of a session that is over.
func (f *Front) Ended(e End) {
	f.log.Debug("connection finished",
		"service", e.Service,
		"client", name(e.Client), // a text as JSON too, like the duration
		"instance", e.Backend,
		"bytes_up", e.Up,
		"bytes_down", e.Down,
		"duration", time.Since(e.Began).Round(time.Microsecond).String(),
		"end", e.Reason)
}

// connectFailed counts a failure that is the backend's.
func (f *Front) connectFailed(s *Service, b *balance.Backend, err error) {
	b.Failures.Add(1)
	f.log.Debug("connect failed", "backend", b.Name(), "address", b.Addr(), "error", err)
	if s.ConnectFailed != nil {
		s.ConnectFailed(b)
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
	args = append(args, "service", f.Service().Name)
	f.log.Warn(msg, args...)
}
