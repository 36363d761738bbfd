package load

import (
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"weir/bench/origin"
)

// chunk is what a stream reads or writes at a time.
const chunk = 256 << 10

// streamer moves bytes one way as fast as they go.
type streamer struct {
	up      bool
	streams []stream
	buffer  []byte
}

type stream struct {
	fd   int
	last time.Time // when bytes moved
}

func newStreamer(c Crew) *streamer {
	return &streamer{up: c.Kind == Up, streams: make([]stream, c.Connections), buffer: make([]byte, chunk)}
}

func (w *streamer) open(l *loop) error {
	verb, what := byte(origin.Source), uint32(unix.EPOLLIN)
	if w.up {
		verb, what = origin.Sink, unix.EPOLLOUT
	}
	for slot := range w.streams {
		fd, err := dial(l.addr())
		if err != nil {
			return err
		}
		w.streams[slot] = stream{fd, time.Now()}
		if err := sendAll(fd, message(verb, 64)); err != nil {
			return err
		}
		if err := l.watch(fd, slot, what); err != nil {
			return err
		}
	}
	return nil
}

func (w *streamer) event(l *loop, slot int, _ uint32) {
	s := &w.streams[slot]
	move := unix.Read
	if w.up {
		move = unix.Write
	}
	n, err := move(s.fd, w.buffer)
	switch {
	case err == unix.EAGAIN, err == unix.EINTR:
		return
	case err == nil && n > 0:
		s.last = time.Now()
		if !w.up { // what is written needn't have arrived: the origin counts it
			l.bytes.Add(uint64(n))
		}
		return
	case err == nil:
		err = io.ErrUnexpectedEOF
	default:
		err = os.NewSyscallError("stream", err)
	}
	l.fail(err)
	unix.Close(s.fd)
	s.fd = -1
}

func (w *streamer) turn(*loop) {}

func (w *streamer) hanging(now time.Time) int {
	n := 0
	for _, s := range w.streams {
		if s.fd >= 0 && now.Sub(s.last) > overdue {
			n++
		}
	}
	return n
}
