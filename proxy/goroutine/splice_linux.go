package goroutine

import (
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	// maxPipes bounds the descriptors spent on splicing, two a pipe: flows
	// beyond it copy.
	maxPipes = 128
	// pipeSize asks for room for several reads' worth, so that one wake-up
	// moves more. The kernel may grant less.
	pipeSize = 256 << 10
	// Splices of less than a buffer, in a row, that end a flow's bulk state.
	smallSplices = 4

	spliceFlags = unix.SPLICE_F_MOVE | unix.SPLICE_F_NONBLOCK
)

// A pipe holds bytes in the kernel on their way from one socket to another.
// One in the pool is empty.
type pipe struct {
	r, w    int
	cleanup runtime.Cleanup // closes it when the pool forgot it
}

// A pipePool lends pipes. Those idle over two garbage collections are closed.
type pipePool struct {
	pool sync.Pool
	open atomic.Int32
}

// get returns nil when there are enough already, or none can be had.
func (p *pipePool) get() *pipe {
	if pp, ok := p.pool.Get().(*pipe); ok {
		return pp
	}
	if p.open.Add(1) > maxPipes {
		p.open.Add(-1)
		return nil
	}
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		p.open.Add(-1)
		return nil
	}
	unix.FcntlInt(uintptr(fds[0]), unix.F_SETPIPE_SZ, pipeSize) // smaller works too
	pp := &pipe{r: fds[0], w: fds[1]}
	pp.cleanup = runtime.AddCleanup(pp, p.close, fds)
	return pp
}

// put takes back an empty pipe; one with bytes left in it is closed.
func (p *pipePool) put(pp *pipe, empty bool) {
	if empty {
		p.pool.Put(pp)
		return
	}
	pp.cleanup.Stop()
	p.close([2]int{pp.r, pp.w})
}

func (p *pipePool) close(fds [2]int) {
	unix.Close(fds[0])
	unix.Close(fds[1])
	p.open.Add(-1)
}

// splice is read for bulk: it takes bytes into a pipe, and reads if there is none.
func (f *flow) splice(fd uintptr) bool {
	if f.p == nil {
		if f.p = f.pair.relay.pipes.get(); f.p == nil {
			return f.read(fd)
		}
	}
	for {
		n, err := unix.Splice(int(fd), nil, f.p.w, nil, pipeSize, spliceFlags)
		if err != unix.EINTR {
			f.n, f.err = int32(max(n, 0)), err
			break
		}
	}
	switch {
	case f.err == unix.EAGAIN, f.err == nil && f.n == 0:
		f.release() // at rest a flow holds no pipe
		// It finds nothing, or an end, at urgent data too, where read finds what follows.
		full := f.full
		took := f.read(fd)
		f.full = full
		return took
	case f.err != nil:
	case f.n >= bufferSize:
		f.full = bulkAfter + smallSplices
	default:
		f.full--
	}
	return true
}

// unsplice moves the pipe's bytes on to dst, and gives the pipe back once the flow
// is no longer bulk.
func (f *flow) unsplice(fd uintptr) error {
	for f.sent < f.n {
		n, err := unix.Splice(f.p.r, nil, int(fd), nil, int(f.n-f.sent), spliceFlags)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return err
		case n == 0:
			return syscall.EPIPE // the kernel lost bytes it had: never seen
		default:
			f.sent += int32(n)
			f.moved += int64(n)
			f.pair.note()
		}
	}
	if f.full < bulkAfter {
		f.full = 0
		f.release()
	}
	return nil
}
