package load

import (
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"golang.org/x/sys/unix"
)

// A worker drives the connections of one crew from its loop's thread. Each has
// a slot, by which the loop names it.
type worker interface {
	open(l *loop) error                   // makes all connections
	event(l *loop, slot int, what uint32) // one of them is ready
	turn(l *loop)                         // after each round of events
	hanging(now time.Time) int            // operations that take suspiciously long
}

// A loop is a thread that waits for its connections by epoll. Goroutines over
// Go's poller would do the same, but cost the two cores more, which the balancer
// needs too.
type loop struct {
	worker worker
	addrs  []unix.Sockaddr
	next   int // of addrs
	epoll  int

	opened  chan error   // told once all connections are made
	measure *atomic.Bool // whether the window is on; shared by all loops
	stop    *atomic.Bool // shared too

	ops, bytes, errors atomic.Uint64
	latency            *hdrhistogram.Histogram // the loop's alone until it has ended
	first              error                   // what went wrong first; the loop's alone until it has ended
	hung               int                     // at the end; the loop's alone until it has ended
}

// slowest bounds what the histogram can hold.
const slowest = time.Minute

func newLoop(w worker, addrs []unix.Sockaddr, measure, stop *atomic.Bool) *loop {
	return &loop{
		worker:  w,
		addrs:   addrs,
		opened:  make(chan error, 1),
		measure: measure,
		stop:    stop,
		latency: hdrhistogram.New(1000, int64(slowest), 3),
	}
}

// run works until stop is set.
func (l *loop) run() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var err error
	if l.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		l.opened <- os.NewSyscallError("epoll_create1", err)
		return
	}
	defer unix.Close(l.epoll)
	err = l.worker.open(l)
	l.opened <- err
	if err != nil {
		return
	}
	const patience = 10 // ms, so that a failed connection is tried again
	events := make([]unix.EpollEvent, 256)
	for !l.stop.Load() {
		n, err := unix.EpollWait(l.epoll, events, patience)
		if err != nil && err != unix.EINTR {
			l.fail(os.NewSyscallError("epoll_wait", err))
			return
		}
		for i := range max(n, 0) {
			l.worker.event(l, int(events[i].Fd), events[i].Events)
		}
		l.worker.turn(l)
	}
	l.hung = l.worker.hanging(time.Now())
}

// addr takes the balancer's address, or the origins' in turn where there is none.
func (l *loop) addr() unix.Sockaddr {
	l.next = (l.next + 1) % len(l.addrs)
	return l.addrs[l.next]
}

func (l *loop) watch(fd, slot int, what uint32) error {
	err := unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: what, Fd: int32(slot)})
	return os.NewSyscallError("epoll_ctl", err)
}

func (l *loop) rewatch(fd, slot int, what uint32) error {
	err := unix.EpollCtl(l.epoll, unix.EPOLL_CTL_MOD, fd, &unix.EpollEvent{Events: what, Fd: int32(slot)})
	return os.NewSyscallError("epoll_ctl", err)
}

// done counts a finished operation that began at the time given.
func (l *loop) done(began, now time.Time, bytes int) {
	l.ops.Add(1)
	l.bytes.Add(uint64(bytes))
	if l.measure.Load() {
		l.latency.RecordValue(min(int64(now.Sub(began)), int64(slowest))) // never out of its range
	}
}

func (l *loop) fail(err error) {
	l.errors.Add(1)
	if l.first == nil {
		l.first = err
	}
}

// message is what is sent: its first byte tells the origin what to do.
func message(verb byte, size int) []byte {
	m := make([]byte, size)
	for i := range m {
		m[i] = byte('a' + i%26)
	}
	m[0] = verb
	return m
}

// sendAll sends a message into a socket that has room for it.
func sendAll(fd int, m []byte) error {
	n, err := unix.Write(fd, m)
	if err != nil {
		return os.NewSyscallError("write", err)
	}
	if n < len(m) {
		return fmt.Errorf("wrote %d of %d bytes", n, len(m))
	}
	return nil
}
