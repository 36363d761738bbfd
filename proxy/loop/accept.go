//go:build linux && (amd64 || arm64)

package loop

import (
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"weir/proxy/session"
)

// An acceptor is a listening socket in one of the loops that share it. While accept
// fails, or there is no place for a client, the loop is not told of any: it would be all
// the time.
type acceptor struct {
	id    int32 // below wakeUpID
	fd    int32
	front *session.Front
	pause time.Duration // after a failed accept; 0 while all is well
	timer timer         // ends that pause
	full  bool          // there is no place: until wake is called
	wake  func()        // any goroutine's, for the front
	shut  bool
}

func (l *loop) serve(id, fd int32, f *session.Front) {
	a := &acceptor{id: id, fd: fd, front: f}
	a.timer.owner = a
	room := func(l *loop) {
		if a.full = false; !a.shut {
			l.listen(a)
		}
	}
	a.wake = func() { l.do(room) }
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

// rest has the loop told no more: what is registered as exclusive can't be changed.
func (l *loop) rest(a *acceptor) { l.control(unix.EPOLL_CTL_DEL, a.fd, 0, 0, 0) }

// shut has the loop told no more, for good. The socket's other holders are still told,
// but perhaps not of a client for which this loop was woken and had no place, or no
// descriptor: then that is said to have been missed.
func (l *loop) shut(id int32) (missed bool) {
	for i, a := range l.acceptors {
		if a.id == id {
			missed = a.full || a.timer.isSet()
			a.shut = true
			l.wheel.stop(&a.timer)
			l.rest(a)
			l.acceptors = slices.Delete(l.acceptors, i, i+1)
			return missed
		}
	}
	return false
}

// acceptFrom takes clients in, no more than so many.
func (l *loop) acceptFrom(id int32, most int) {
	i := slices.IndexFunc(l.acceptors, func(a *acceptor) bool { return a.id == id })
	if i < 0 {
		return // shut meanwhile
	}
	a := l.acceptors[i]
	for range most {
		d := session.NewDoor(a.front)
		if !d.Open() {
			l.rest(a)
			a.full = true
			a.front.Await(a.wake)
			return
		}
		fd, err := accept(a.fd, &l.from)
		if err == 0 {
			a.pause = 0
			if c, ok := admit(&d, fd, l.from.get()); ok {
				l.place(c)
			}
			continue
		}
		d.Nobody()
		switch {
		case err == unix.EAGAIN:
			return
		case transient(err):
		default:
			a.front.Starved(err)
			a.pause = min(max(2*a.pause, session.MinAcceptPause), session.MaxAcceptPause)
			l.rest(a)
			l.set(&a.timer, a.pause)
			return
		}
	}
}

// expire ends the pause after a failed accept.
func (a *acceptor) expire(l *loop) { l.listen(a) }

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
