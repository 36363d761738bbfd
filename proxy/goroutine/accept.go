package goroutine

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"

	"weir/proxy/session"
)

// mostQueued is more than any kernel's queue holds: however fast clients come,
// taking what waits ends.
const mostQueued = 65535

// Prepare only sees to it that the socket doesn't block: what is set on connections is
// set on each.
func (r *Relay) Prepare(socket int, _ session.Settings) error {
	return os.NewSyscallError("fcntl", syscall.SetNonblock(socket, true))
}

// Serve takes connections from a prepared listening socket, which it owns, until ctx ends;
// then those that wait in its queue, unless the cause is session.ErrHandedOver. Other
// holders of the same socket, here or in another process, notice nothing.
func (r *Relay) Serve(ctx context.Context, socket int, f *session.Front) error {
	// Not a net.Listener: that accepts before there is a place for the client. Of a socket
	// that doesn't block already, a file leaves the mode alone, which all holders share.
	file := os.NewFile(uintptr(socket), "listener")
	raw, err := file.SyscallConn()
	if err != nil {
		return fmt.Errorf("listener: %w", err)
	}
	expired := make(chan struct{}) // closed when accept waits no more
	go func() {
		<-ctx.Done()
		file.SetReadDeadline(time.Unix(1, 0))
		close(expired)
	}()
	a := &acceptor{relay: r, front: f, socket: raw, door: session.NewDoor(f)}
	a.run(ctx)
	<-expired
	if context.Cause(ctx) != session.ErrHandedOver {
		a.drain() // nothing goes between this and the next: who comes in there is lost
	}
	file.Close()
	return nil
}

// An acceptor takes clients from one listening socket.
type acceptor struct {
	relay  *Relay
	front  *session.Front
	socket syscall.RawConn

	door   session.Door
	full   bool // somebody waits for whom there is no place
	client arrival
	err    error // of the last accept
}

// run takes clients until ctx ends.
func (a *acceptor) run(ctx context.Context) {
	room := make(chan struct{}, 1) // there may be a place again
	wake := func() {
		select {
		case room <- struct{}{}:
		default:
		}
	}
	take := a.take
	for pause := time.Duration(0); ctx.Err() == nil; {
		err := a.socket.Read(take)
		switch {
		case err != nil && ctx.Err() != nil:
		case a.full && err == nil:
			a.front.Await(wake)
			select {
			case <-room:
			case <-ctx.Done():
			}
		case err == nil && a.err == nil:
			pause = 0
			a.relay.begin(&a.door, a.client)
		case err == nil && isTransient(a.err):
		default:
			a.front.Starved(cmp.Or(err, a.err))
			pause = min(max(2*pause, session.MinAcceptPause), session.MaxAcceptPause)
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
		}
	}
}

// take is called when somebody may have come; false waits for that.
func (a *acceptor) take(fd uintptr) bool {
	a.err = nil
	if a.full = !a.door.Open(); a.full {
		a.full = isReadable(fd)
		return a.full
	}
	if a.client, a.err = accept(int(fd)); a.err != nil {
		a.door.Nobody()
	}
	return a.err != syscall.EAGAIN
}

// drain takes those who wait in the queue, though there be no place for them: who is
// there when the socket is closed is lost. While descriptors are short it tries again,
// for a second or so, as long as anybody waits.
func (a *acceptor) drain() {
	pause := session.MinAcceptPause
	for range mostQueued {
		var waits bool
		a.socket.Control(func(fd uintptr) { // where nobody looks at the deadline
			a.door.Force()
			if a.client, a.err = accept(int(fd)); a.err != nil {
				a.door.Nobody()
				waits = isReadable(fd)
			}
		})
		switch {
		case a.err == nil:
			a.relay.begin(&a.door, a.client)
		case isTransient(a.err):
		case !waits:
			return
		default:
			a.front.Starved(a.err)
			if pause >= session.MaxAcceptPause {
				return
			}
			time.Sleep(pause)
			pause *= 2
		}
	}
}

// isTransient reports whether the next accept may be good all the same: what was wrong
// was with the one client.
func isTransient(err error) bool {
	return slices.ContainsFunc([]error{
		syscall.EINTR, syscall.ECONNABORTED, syscall.EPROTO, syscall.ENETDOWN, syscall.ENOPROTOOPT, // accept(2), "Error handling"
		syscall.EHOSTDOWN, syscall.EHOSTUNREACH, syscall.EOPNOTSUPP, syscall.ENETUNREACH,
	}, func(e error) bool { return e == err })
}
