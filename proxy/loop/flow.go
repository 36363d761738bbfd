//go:build linux && (amd64 || arm64)

package loop

import (
	"bytes"
	"slices"

	"golang.org/x/sys/unix"
)

const (
	// bulkAfter reads that fill the buffer in a row make a direction bulk.
	bulkAfter = 4
	// bulkTurn and turn are how many rounds a direction moves before others have their
	// turn, if it is bulk and if it isn't.
	bulkTurn, turn = 2, 8
	// turnBytes is how much moves in such turns before new events are looked for.
	turnBytes = 1 << 20
	// A segment of this size fits any path. What is larger may be split, and then
	// Nagle's algorithm holds the last part back even if it is the first write.
	oneSegment = 512
)

// A flow is one direction of a session.
type flow struct {
	src, dst *side
	moved    int64  // bytes written to dst; below zero while a PROXY header is
	rest     []byte // read, not written yet: of the loop's scratch, or kept in buf
	full     int8   // reads in a row that filled the buffer
	ended    bool   // src has nothing more to come
	passed   bool   // which dst has been told
	queued   bool   // for another turn
	piped    int32  // bytes in the pipe
	pipe     *pipe  // held from a splice until src has nothing more to read
	buf      []byte // nil unless dst took not all
}

// bulk reports whether the flow is spliced.
func (f *flow) bulk() bool { return f.full >= bulkAfter }

// turn pumps now, or after all events at hand if it is bulk: short messages don't wait
// behind long streams.
func (l *loop) turn(f *flow) {
	if f.bulk() {
		l.postpone(f)
	} else {
		l.pump(f)
	}
}

func (l *loop) postpone(f *flow) {
	if !f.queued {
		f.queued = true
		l.later = append(l.later, f)
	}
}

// takeTurns pumps what was postponed, in order, until so much has moved that others
// have their turn.
func (l *loop) takeTurns() {
	waiting, taken := len(l.later), 0
	for moved := int64(0); taken < waiting && moved < turnBytes; taken++ {
		if f := l.later[taken]; f.queued { // else its session has ended
			f.queued = false
			moved -= f.moved
			l.pump(f)
			moved += f.moved
		}
	}
	l.later = slices.Delete(l.later, 0, taken)
}

// pump moves bytes until src has no more, dst takes no more, or others have their turn.
func (l *loop) pump(f *flow) {
	for round := 0; !f.dst.lost; round++ {
		switch {
		case !l.deliver(f):
			return
		case f.ended:
			l.passEnd(f)
			return
		case !f.src.readable:
			return
		case round >= turn || round >= bulkTurn && f.bulk():
			l.postpone(f)
			return
		case !l.take(f):
			return
		}
	}
}

// deliver writes what was read. It reports whether that is all done.
func (l *loop) deliver(f *flow) bool {
	for len(f.rest) > 0 || f.piped > 0 {
		if f.dst.blocked {
			l.keep(f)
			return false
		}
		var err errno
		if f.piped > 0 {
			err = l.drainPipe(f)
		} else {
			err = l.write(f)
		}
		switch err {
		case 0:
		case unix.EAGAIN:
			l.block(f.dst)
		default:
			l.lose(f.dst)
			return false
		}
	}
	if f.buf != nil {
		l.buffers.put(f.buf)
		f.buf = nil
	}
	return true
}

// write writes from rest, once.
func (l *loop) write(f *flow) errno {
	l.hurry(f.dst, len(f.rest))
	n, err := send(f.dst.fd, f.rest)
	if err == 0 {
		f.dst.wrote = true
		f.rest = f.rest[n:]
		f.moved += int64(n)
		f.dst.conn.active = l.clock
	}
	return err
}

// hurry sees to it that the kernel holds back nothing of the next n bytes. It does so
// only with a short segment behind others, so the first write needs nothing.
func (l *loop) hurry(s *side, n int) {
	if !s.prompt && (s.wrote || n > oneSegment) {
		setOption(s.fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		s.prompt = true
	}
}

// block has an event tell when there is room again.
func (l *loop) block(s *side) {
	s.blocked = true
	if !s.watched {
		s.watched = true
		l.control(unix.EPOLL_CTL_MOD, s.fd, sideEvents|unix.EPOLLOUT, s.fd, s.conn.born)
	}
}

// keep takes rest out of the way of the next read.
func (l *loop) keep(f *flow) {
	if f.buf != nil || len(f.rest) == 0 {
		return
	}
	switch {
	case len(f.rest) > smallBuffer && f.dst.conn.backend == nil:
		// It may take as long as connects do, and there may be many.
		f.buf = bytes.Clone(f.rest)
		f.rest = f.buf
		return
	case len(f.rest) <= smallBuffer:
		f.buf = l.takeSmall()
		f.rest = f.buf[:copy(f.buf, f.rest)]
		return
	}
	f.buf = l.scratch
	l.scratch = l.takeLarge()
}

// take reads, once. It reports whether there is something to go on with.
func (l *loop) take(f *flow) bool {
	if f.bulk() {
		if more, ok := l.fillPipe(f); ok {
			return more
		}
	}
	src := f.src
	n, err := recv(src.fd, l.scratch)
	switch {
	case err == unix.EAGAIN:
		src.readable = false
		f.full = 0
		return false
	case err != 0 || n == 0:
		return l.noMore(f, err)
	}
	f.rest = l.scratch[:n]
	if n == len(l.scratch) {
		f.full = min(f.full+1, bulkAfter) // no more: without a pipe a bulk flow reads on here
		return true
	}
	f.full = 0
	if !src.urgent && !src.lost {
		// All is read, and more makes an event. (epoll(7), question 9.)
		src.readable = false
		f.ended = src.ending
	}
	return true
}

// noMore notes that src has ended or, by the error, that it is lost. It reports
// whether its flow is to go on with that.
func (l *loop) noMore(f *flow, err errno) bool {
	f.ended = true
	f.src.readable = false
	if err != 0 && !f.src.lost {
		l.lose(f.src)
		return false
	}
	return true
}

// passEnd tells dst that src has ended, after all bytes.
func (l *loop) passEnd(f *flow) {
	c := f.src.conn
	if f.src.lost {
		l.bury(c)
		return
	}
	if f.passed {
		return
	}
	f.passed = true
	if f == &c.up {
		l.open.Add(-1)
	}
	if c.up.passed && c.down.passed {
		l.complete(c)
		return
	}
	shutdownWrite(f.dst.fd)
}

// release gives back what the flow holds.
func (l *loop) release(f *flow) {
	if f.buf != nil {
		l.buffers.put(f.buf)
	}
	if f.pipe != nil {
		l.pipes.put(f.pipe, f.piped == 0)
	}
	f.rest, f.buf, f.pipe, f.piped, f.queued = nil, nil, nil, 0, false
}
