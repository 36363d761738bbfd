//go:build linux && (amd64 || arm64)

package loop

import (
	"time"

	"golang.org/x/sys/unix"
)

const (
	// maxPipes bounds the descriptors that a loop spends on splicing, two a pipe: flows
	// beyond it copy.
	maxPipes = 64
	// pipeSize asks for room for several reads' worth, so that one wake-up moves more.
	pipeSize = 1 << 20
	// pipeRest is how long a pipe may lie idle, at least.
	pipeRest = time.Second
)

// A pipe holds bytes in the kernel on their way from one socket to another.
type pipe struct{ r, w int32 }

// pipes lends empty pipes, and closes those that nobody has needed for a while.
type pipes struct {
	idle  []*pipe
	open  int
	least int // idle ones at any time since the timer was set
	timer timer
}

// take returns nil when there are enough already, or none can be had.
func (p *pipes) take(l *loop) *pipe {
	if n := len(p.idle); n > 0 {
		pp := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.least = min(p.least, n-1)
		return pp
	}
	if p.open >= maxPipes {
		return nil
	}
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return nil
	}
	pp := &pipe{int32(fds[0]), int32(fds[1])}
	// Beyond a limit for each user the kernel grants less, in the end two pages
	// (pipe(7), pipe-user-pages-soft): then a read's worth moves more.
	size, err := unix.FcntlInt(uintptr(fds[0]), unix.F_SETPIPE_SZ, pipeSize)
	if err != nil {
		size, _ = unix.FcntlInt(uintptr(fds[0]), unix.F_GETPIPE_SZ, 0)
	}
	if size < largeBuffer {
		closeFD(pp.r)
		closeFD(pp.w)
		return nil
	}
	if p.open++; p.timer.next == nil {
		p.timer.owner = p
		l.set(&p.timer, pipeRest)
	}
	return pp
}

// put takes back a pipe; one with bytes left in it is closed.
func (p *pipes) put(pp *pipe, empty bool) {
	if empty {
		p.idle = append(p.idle, pp)
		return
	}
	p.shut(pp)
}

// expire closes as many as were idle all the time.
func (p *pipes) expire(l *loop) {
	for range p.least {
		n := len(p.idle)
		p.shut(p.idle[n-1])
		p.idle = p.idle[:n-1]
	}
	p.least = len(p.idle)
	if p.open > 0 {
		l.set(&p.timer, pipeRest)
	}
}

func (p *pipes) shut(pp *pipe) {
	closeFD(pp.r)
	closeFD(pp.w)
	p.open--
}

func (p *pipes) close() {
	for _, pp := range p.idle {
		p.shut(pp)
	}
	p.idle = nil
}
