package load

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"weir/bench/origin"
)

// overdue is how long an operation may take before it counts as one that hangs.
const overdue = time.Second

// caller makes a connection for each exchange.
type caller struct {
	message []byte // nil: the backend speaks first
	answer  int    // bytes to expect
	calls   []call
	broken  []int // slots whose call failed; made anew after the events
	buffer  []byte
}

type call struct {
	fd        int
	began     time.Time
	got       int
	connected bool
}

func newCaller(c Crew) *caller {
	w := &caller{answer: c.Size, calls: make([]call, c.Connections), buffer: make([]byte, 64<<10)}
	if c.Kind == Call {
		w.message = message(origin.Echo, c.Size)
	}
	return w
}

func (w *caller) open(l *loop) error {
	for slot := range w.calls {
		w.call(l, slot)
	}
	return nil
}

func (w *caller) call(l *loop, slot int) {
	c := &w.calls[slot]
	*c = call{fd: -1, began: time.Now()}
	fd, err := socket(unix.SOCK_NONBLOCK)
	if err != nil {
		w.broke(l, slot, err)
		return
	}
	c.fd = fd
	switch err = unix.Connect(fd, l.addr()); err {
	case nil: // on loopback the handshake is over by now
		if err = w.say(c); err == nil {
			err = l.watch(fd, slot, unix.EPOLLIN)
		}
	case unix.EINPROGRESS:
		err = l.watch(fd, slot, unix.EPOLLOUT)
	default:
		err = os.NewSyscallError("connect", err)
	}
	if err != nil {
		w.broke(l, slot, err)
	}
}

func (w *caller) say(c *call) error {
	c.connected = true
	if w.message == nil {
		return nil
	}
	return sendAll(c.fd, w.message)
}

func (w *caller) event(l *loop, slot int, _ uint32) {
	c := &w.calls[slot]
	if !c.connected {
		err := failure(c.fd)
		if err == nil {
			err = w.say(c)
		}
		if err == nil {
			err = l.rewatch(c.fd, slot, unix.EPOLLIN)
		}
		if err != nil {
			w.broke(l, slot, err)
		}
		return
	}
	n, err := unix.Read(c.fd, w.buffer)
	switch {
	case err == unix.EAGAIN, err == unix.EINTR:
		return
	case err != nil:
		w.broke(l, slot, os.NewSyscallError("read", err))
		return
	case n == 0:
		w.broke(l, slot, fmt.Errorf("after %d of %d bytes: %w", c.got, w.answer, io.ErrUnexpectedEOF))
		return
	}
	if c.got += n; c.got < w.answer {
		return
	}
	l.done(c.began, time.Now(), c.got)
	unix.Close(c.fd)
	w.call(l, slot)
}

func (w *caller) broke(l *loop, slot int, err error) {
	l.fail(err)
	c := &w.calls[slot]
	if c.fd >= 0 {
		unix.Close(c.fd)
	}
	c.fd = -1
	w.broken = append(w.broken, slot)
}

func (w *caller) turn(l *loop) {
	again := w.broken
	w.broken = nil
	for _, slot := range again {
		w.call(l, slot)
	}
}

func (w *caller) hanging(now time.Time) int {
	n := 0
	for _, c := range w.calls {
		if c.fd >= 0 && now.Sub(c.began) > overdue {
			n++
		}
	}
	return n
}
