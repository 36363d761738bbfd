package proxy

import (
	"context"
	"fmt"

	"weir/balance"
	"weir/proxy/goroutine"
	"weir/proxy/session"
)

// A Kind names a relay.
type Kind string

const (
	// EventLoop is the fast one, where the system has it.
	EventLoop Kind = "loop"
	// Goroutines works everywhere, two goroutines a session.
	Goroutines Kind = "goroutine"
)

// A relay joins clients to backends and moves their bytes, from accept to close.
type relay interface {
	// Prepare is given a listening socket before it listens, and again when the
	// settings change, to set what the sockets accepted inherit.
	Prepare(socket int, s session.Settings) error

	// Serve takes connections from a listening socket, which is the relay's from
	// now on, until ctx ends; then those that wait in its queue, unless the cause is
	// session.ErrHandedOver, and closes it. It is called once a listener, and returns
	// when it is closed.
	Serve(ctx context.Context, socket int, f *session.Front) error

	// End resets, soon, all sessions that are joined to a backend, for that reason. Those
	// that join it later are reset at once while its Closed is set, as it must be.
	End(b *balance.Backend, r session.EndReason)

	// Ended returns how many sessions have ended so far.
	Ended() int

	// Finish lets the sessions go on until they end or ctx does, resets those that
	// are left for that reason, or ctx's cause if that is one, and says how many. All
	// of Serve have returned before it is called, and nothing of the relay runs after it.
	Finish(ctx context.Context, r session.EndReason) (cut int)
}

// ParseKind returns the kind of that name, and for "" the best there is here.
func ParseKind(name string) (Kind, error) {
	switch k := Kind(name); k {
	case "":
		return best, nil
	case EventLoop, Goroutines:
		return k, nil
	}
	return "", fmt.Errorf("no relay is called %q: it is %q or %q", name, EventLoop, Goroutines)
}

func newRelay(k Kind) (relay, error) {
	k, err := ParseKind(string(k))
	if err != nil {
		return nil, err
	}
	if k == EventLoop {
		return newEventLoop()
	}
	return goroutine.New(), nil
}
