//go:build linux && (amd64 || arm64)

package loop

import (
	"golang.org/x/sys/unix"
)

// smallSplices of less than a buffer, in a row, end a flow's bulk state.
const smallSplices = 4

// fillPipe is take for a bulk flow. It is not ok if that is better copied: for want of a
// pipe, or where a splice finds nothing. That may be all, or the end, or it stands at
// urgent data, which it can't pass.
func (l *loop) fillPipe(f *flow) (more, ok bool) {
	if f.pipe == nil {
		if f.pipe = l.pipes.take(l); f.pipe == nil {
			return false, false
		}
	}
	n, err := splice(f.src.fd, f.pipe.w, pipeSize)
	switch {
	case err == unix.EAGAIN && !f.src.urgent:
		f.src.readable = false
		l.leavePipe(f) // at rest a flow holds none
		return false, true
	case err == unix.EAGAIN || err == 0 && n == 0:
		l.leavePipe(f)
		return false, false
	case err != 0:
		l.leavePipe(f)
		return l.noMore(f, err), true
	case n >= largeBuffer:
		f.piped, f.full = int32(n), bulkAfter+smallSplices
	default:
		f.piped = int32(n)
		f.full--
	}
	return true, true
}

// drainPipe moves the pipe's bytes to dst, once.
func (l *loop) drainPipe(f *flow) errno {
	l.hurry(f.dst, int(f.piped))
	n, err := splice(f.pipe.r, f.dst.fd, int(f.piped))
	if err != 0 {
		return err
	}
	if n == 0 {
		return unix.EPIPE // the kernel lost bytes it had: never seen
	}
	f.dst.wrote = true
	f.moved += int64(n)
	f.dst.conn.active = l.clock
	if f.piped -= int32(n); f.piped == 0 && !f.bulk() {
		f.full = 0
		l.leavePipe(f)
	}
	return 0
}

func (l *loop) leavePipe(f *flow) {
	l.pipes.put(f.pipe, true)
	f.pipe = nil
}
