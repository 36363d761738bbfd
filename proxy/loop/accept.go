//go:build linux && (amd64 || arm64)

package loop

import (
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"weir/proxy/session"
)

// An acceptor is a listening socket in one of the loops that share it.
type acceptor struct {
	id    int32 // below wakeUpID
	fd    int32
	front *session.Front
	pause time.Duration // after a failed accept; 0 while all is well
	timer timer
}

func (l *loop) serve(id, fd int32, f *session.Front) {
	a := &acceptor{id: id, fd: fd, front: f}
	a.timer.owner = a
	l.acceptors = append(l.acceptors, a)
	l.listen(a)
}

// listen has the loop told of clients. Of the loops that wait, one is woken.
func (l *loop) listen(a *acceptor) {
	if err := l.control(unix.EPOLL_CTL_ADD, a.fd, unix.EPOLLIN|unix.EPOLLEXCLUSIVE, a.id, 0); err != 0 {
		a.front.Starved(err)
		l.set(&a.timer, session.MaxAcceptPause)
	}
}

// shut has the loop told no more.
func (l *loop) shut(id int32) {
	for i, a := range l.acceptors {
		if a.id == id {
			l.wheel.stop(&a.timer)
			l.control(unix.EPOLL_CTL_DEL, a.fd, 0, 0, 0)
			l.acceptors = append(l.acceptors[:i], l.acceptors[i+1:]...)
			return
		}
	}
}

// acceptFrom takes clients in, no more than so many.
func (l *loop) acceptFrom(id int32, most int) {
	i := slices.IndexFunc(l.acceptors, func(a *acceptor) bool { return a.id == id })
	if i < 0 {
		return // shut meanwhile
	}
	a := l.acceptors[i]
	for range most {
		fd, err := accept(a.fd, &l.from)
		switch {
		case err == 0:
			a.pause = 0
			a.front.Accepted.Add(1)
			l.place(arrival{fd, l.from.get(), a.front})
		case err == unix.EAGAIN:
			return
		case transient(err):
		default:
			a.front.Starved(err)
			a.pause = min(max(2*a.pause, session.MinAcceptPause), session.MaxAcceptPause)
			l.control(unix.EPOLL_CTL_DEL, a.fd, 0, 0, 0) // it would be ready all the time
			l.set(&a.timer, a.pause)
			return
		}
	}
}

// transient reports whether the next accept may be good all the same: what was wrong
// was with the one client.
func transient(err errno) bool {
	switch err {
	case unix.EINTR, unix.ECONNABORTED, unix.EPROTO, unix.ENETDOWN, unix.ENOPROTOOPT, unix.EHOSTDOWN,
		unix.ENONET, unix.EHOSTUNREACH, unix.EOPNOTSUPP, unix.ENETUNREACH: // accept(2), "Error handling"
		return true
	}
	return false
}

// expire ends the pause after a failed accept.
func (a *acceptor) expire(l *loop) { l.listen(a) }

// place gives a client to a loop: to this one, unless another has clearly fewer to
// serve. A few long sessions would stay on one loop otherwise, since the kernel wakes
// the same one for each client that comes. To hand a client over costs a wake-up.
func (l *loop) place(c arrival) {
	own, least := l.open.Load(), fewest(l.group)
	if own-least.open.Load() > own/8 {
		least.hand(c)
		return
	}
	l.count()
	l.begin(c)
}

// fewest returns the loop that serves the fewest clients.
func fewest(loops []*loop) *loop {
	least := loops[0]
	for _, l := range loops[1:] {
		if l.open.Load() < least.open.Load() {
			least = l
		}
	}
	return least
}

// drain takes the clients that wait in the queue of a socket that no loop listens to
// any more: who is there when it is closed is lost. While descriptors are short it
// tries again, for a second or so.
func drain(loops []*loop, socket int32, f *session.Front) {
	var from address
	for pause := session.MinAcceptPause; pause < session.MaxAcceptPause; {
		fd, err := accept(socket, &from)
		switch {
		case err == 0:
			f.Accepted.Add(1)
			fewest(loops).hand(arrival{fd, from.get(), f})
		case err == unix.EAGAIN:
			return
		case transient(err):
		default:
			f.Starved(err)
			time.Sleep(pause)
			pause *= 2
		}
	}
}
