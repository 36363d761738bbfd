//go:build linux && (amd64 || arm64)

package loop

import (
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"weir/proxy/session"
)

// A loop is one goroutine and its sessions. What has no rule below is touched by that
// goroutine alone.
type loop struct {
	poller
	*wheel
	buffers
	pipes pipes

	group     []*loop // all, itself included
	began     time.Time
	sides     []*side // by descriptor; nil where there is none
	later     []*flow // that wait for another turn
	spare     []*conn
	acceptors []*acceptor
	born      uint32 // sessions so far: tells a descriptor's old events from new ones
	from      address
	to        address
	own       address

	localPorts uint16 // from here on the kernel takes them for connects

	live  atomic.Int64 // sessions, those on their way here included: written by acceptors too
	open  atomic.Int64 // those of them whose client hasn't ended: what is still to come
	ended atomic.Int64
	mail  mailbox

	cutting session.EndReason // no session is to go on, for that reason
	stop    bool              // once there is none
	stopped chan struct{}     // closed when the loop has returned
}

// A mailbox takes what other threads want done.
type mailbox struct {
	any    atomic.Bool
	mu     sync.Mutex // guards following
	todo   []func(*loop)
	came   []arrival
	closed bool // the loop has returned, and its eventfd's number is perhaps another's
}

// An arrival is a client that was accepted, and has its place.
type arrival struct {
	fd       int32
	addr     netip.AddrPort // zero of a unix socket
	front    *session.Front
	settings *session.Settings // that Admit gave it
}

func newLoop() (*loop, error) {
	l := &loop{wheel: newWheel(), began: time.Now(), stopped: make(chan struct{})}
	if err := l.poller.open(); err != nil {
		return nil, err
	}
	l.scratch = l.takeLarge()
	l.localPorts = firstLocalPort()
	return l, nil
}

// run works until stop is set and no session is left.
func (l *loop) run() {
	defer close(l.stopped)
	for !l.stop || l.live.Load() > 0 {
		events := l.wait(l.patience(), &l.mail.any)
		if before := l.clock; l.readClock() != before {
			runtime.Gosched() // else the scheduler takes the processor by signal, every 10 ms
		}
		for i := range events {
			l.dispatch(&events[i], 1+len(events)/4)
		}
		l.readMail()
		l.takeTurns()
		l.advance(l)
	}
	l.pipes.close()
	l.mail.mu.Lock()
	l.mail.closed = true
	l.mail.mu.Unlock()
	l.poller.close()
}

// readClock sets the wheel's clock.
func (l *loop) readClock() (ticks int64) {
	l.clock = int64(time.Since(l.began) / tick)
	return l.clock
}

// set makes t run out after d. An iteration may be long, so the clock is read anew.
func (l *loop) set(t *timer, d time.Duration) {
	l.readClock()
	l.wheel.set(t, d)
}

// patience is how long there is nothing to do if nothing happens.
func (l *loop) patience() time.Duration {
	if len(l.later) > 0 {
		return 0
	}
	if ticks := l.next(); ticks > 0 {
		return time.Duration(ticks) * tick
	}
	return -1
}

// dispatch deals with one event, or with that many clients if it tells of some: others
// have their turn, and other loops their share.
func (l *loop) dispatch(e *unix.EpollEvent, clients int) {
	switch at := e.Fd; {
	case at == wakeUpID:
	case at < 0:
		l.acceptFrom(at, clients)
	default:
		if s := l.sides[at]; s != nil && s.conn.born == uint32(e.Pad) {
			l.happened(s, e.Events)
		}
	}
}

// do has f run on the loop, unless that has stopped. Anyone may call it.
func (l *loop) do(f func(*loop)) {
	l.mail.mu.Lock()
	defer l.mail.mu.Unlock()
	l.mail.todo = append(l.mail.todo, f)
	l.ring()
}

// hand gives a client to the loop. Anyone may call it before the loop is to stop.
func (l *loop) hand(a arrival) {
	l.count()
	l.mail.mu.Lock()
	defer l.mail.mu.Unlock()
	l.mail.came = append(l.mail.came, a)
	l.ring()
}

// ring tells of mail. The mailbox's lock is held.
func (l *loop) ring() {
	l.mail.any.Store(true)
	if !l.mail.closed {
		l.wake()
	}
}

// count counts a client before it is begun with.
func (l *loop) count() {
	l.live.Add(1)
	l.open.Add(1)
}

func (l *loop) readMail() {
	if !l.mail.any.Load() {
		return
	}
	l.mail.any.Store(false)
	l.mail.mu.Lock()
	todo, came := l.mail.todo, l.mail.came
	l.mail.todo, l.mail.came = nil, nil
	l.mail.mu.Unlock()
	for _, a := range came {
		l.begin(a)
	}
	for _, f := range todo {
		f(l)
	}
}

// add puts a side where its events find it.
func (l *loop) add(s *side) {
	for int(s.fd) >= len(l.sides) {
		l.sides = append(l.sides, make([]*side, max(64, len(l.sides)/4))...)
	}
	l.sides[s.fd] = s
}

// cut resets all sessions, and those to come.
func (l *loop) cut(r session.EndReason) {
	l.cutting = r
	l.reset(r, func(*conn) bool { return true })
}

// reset resets the sessions that are chosen.
func (l *loop) reset(r session.EndReason, chosen func(*conn) bool) {
	for _, s := range l.sides {
		if s != nil && chosen(s.conn) {
			l.abortFor(s.conn, r)
		}
	}
}
