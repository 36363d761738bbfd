package proxy

import (
	"context"
	"fmt"

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
	// Prepare is given a listening socket before it listens, to set what the sockets
	// accepted inherit.
	Prepare(socket int) error

	// Serve takes connections from a listening socket, which is the relay's from
	// now on, until closing is closed; then those that wait in its queue, and
	// closes it. It is called once a listener, and returns when it is closed.
	Serve(socket int, f *session.Front, closing <-chan struct{}) error

	// Ended returns how many sessions have ended so far.
	Ended() int

	// Finish lets the sessions go on until they end or ctx does, resets those that
	// are left and says how many. All of Serve have returned before it is called,
	// and nothing of the relay runs after it.
	Finish(ctx context.Context) (cut int)
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
