package load

import (
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"weir/bench/origin"
)

// talker plays ping-pong on connections that it keeps.
type talker struct {
	message []byte
	talks   []talk
	buffer  []byte
}

type talk struct {
	fd    int
	began time.Time
	got   int
}

func newTalker(c Crew) *talker {
	return &talker{message: message(origin.Echo, c.Size), talks: make([]talk, c.Connections), buffer: make([]byte, 64<<10)}
}

func (w *talker) open(l *loop) error {
	for slot := range w.talks {
		fd, err := dial(l.addr())
		if err != nil {
			return err
		}
		w.talks[slot].fd = fd
	}
	for slot := range w.talks {
		if err := l.watch(w.talks[slot].fd, slot, unix.EPOLLIN); err != nil {
			return err
		}
		w.ping(l, slot, time.Now())
	}
	return nil
}

func (w *talker) ping(l *loop, slot int, now time.Time) {
	t := &w.talks[slot]
	t.began, t.got = now, 0
	if err := sendAll(t.fd, w.message); err != nil {
		w.lost(l, slot, err)
	}
}

func (w *talker) event(l *loop, slot int, _ uint32) {
	t := &w.talks[slot]
	n, err := unix.Read(t.fd, w.buffer)
	switch {
	case err == unix.EAGAIN, err == unix.EINTR:
		return
	case err != nil:
		w.lost(l, slot, os.NewSyscallError("read", err))
		return
	case n == 0:
		w.lost(l, slot, io.ErrUnexpectedEOF)
		return
	}
	if t.got += n; t.got < len(w.message) {
		return
	}
	now := time.Now()
	l.done(t.began, now, t.got)
	w.ping(l, slot, now)
}

// lost gives a connection up: on kept ones nothing may break.
func (w *talker) lost(l *loop, slot int, err error) {
	l.fail(err)
	unix.Close(w.talks[slot].fd)
	w.talks[slot].fd = -1
}

func (w *talker) turn(*loop) {}

func (w *talker) hanging(now time.Time) int {
	n := 0
	for _, t := range w.talks {
		if t.fd >= 0 && now.Sub(t.began) > overdue {
			n++
		}
	}
	return n
}
