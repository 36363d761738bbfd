package proxy

import (
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"time"
)

// bufferSize is one read's worth; bulkAfter reads that fill it in a row make a
// direction bulk, to be spliced.
const (
	bufferSize = 32 << 10
	bulkAfter  = 4
)

// lastBytes is how long one side may take over what the other sent before it was lost.
const lastBytes = 2 * time.Second

type buffer [bufferSize]byte

// A bufferPool lends buffers to flows while bytes move: a flow at rest holds none.
type bufferPool struct{ pool sync.Pool }

func (p *bufferPool) get() *buffer {
	if b, ok := p.pool.Get().(*buffer); ok {
		return b
	}
	return new(buffer)
}

func (p *bufferPool) put(b *buffer) { p.pool.Put(b) }

// A flow is one direction of a session. Only its own goroutine touches it
// until the session has ended.
type flow struct {
	session  *session
	src, dst *net.TCPConn
	moved    int64 // bytes written to dst

	srcRaw, dstRaw  syscall.RawConn
	onTake, onDrain func(fd uintptr) bool // made once: a new closure each time would be garbage
	full            int                   // reads in a row that filled the buffer

	buf *buffer // held from a read to the write of what it got
	p   *pipe   // held from a splice until src has nothing more to read
	n   int     // bytes in buf or p
	err error   // of the last system call
}

func (f *flow) init(c *session, src, dst *net.TCPConn) {
	*f = flow{session: c, src: src, dst: dst}
	f.srcRaw, _ = src.SyscallConn() // fails on a nil connection only
	f.dstRaw, _ = dst.SyscallConn()
	f.onTake, f.onDrain = f.take, f.drain
}

// run moves bytes from src to dst until src ends, which it passes on, or until
// either side is lost.
func (f *flow) run() {
	defer f.session.flowEnded()
	defer f.release()
	for {
		if err := f.receive(); err != nil {
			if errors.Is(err, io.EOF) && f.session.end.Load() == nil {
				f.dst.CloseWrite()
				return
			}
			// Lost, or ended because the other flow found it lost when writing.
			f.session.abort(f.session.lost(f.src))
			return
		}
		if err := f.send(); err != nil {
			// dst is gone, but what it sent before may still wait to be read:
			// the other flow delivers that, meets the end, and aborts. A src that
			// writes and doesn't read must learn of the loss all the same.
			f.session.because(f.session.lost(f.dst))
			f.src.SetWriteDeadline(time.Now().Add(lastBytes))
			return
		}
	}
}

// receive waits for bytes and takes them into buf or pipe. io.EOF is src's end.
func (f *flow) receive() error {
	if err := f.srcRaw.Read(f.onTake); err != nil {
		return err
	}
	if f.err != nil {
		return f.err
	}
	if f.n == 0 {
		return io.EOF
	}
	return nil
}

// take is called when src may have bytes; false waits until it has.
func (f *flow) take(fd uintptr) bool {
	if f.full >= bulkAfter {
		return f.splice(fd)
	}
	return f.read(fd)
}

// read takes bytes into a buffer.
func (f *flow) read(fd uintptr) bool {
	f.buf = f.session.listener.server.buffers.get()
	for {
		f.n, f.err = syscall.Read(int(fd), f.buf[:])
		if f.err != syscall.EINTR {
			break
		}
	}
	if f.err == syscall.EAGAIN {
		f.full = 0
		f.release()
		return false
	}
	if f.n == bufferSize {
		f.full = min(f.full+1, bulkAfter) // no more: without a pipe a bulk flow reads on here
	} else {
		f.full = 0
	}
	return true
}

// send writes what was received to dst, waiting as long as dst takes nothing.
func (f *flow) send() error {
	if f.buf == nil {
		if err := f.dstRaw.Write(f.onDrain); err != nil {
			return err
		}
		return f.err
	}
	n, err := f.dst.Write(f.buf[:f.n])
	f.moved += int64(n)
	f.session.listener.server.buffers.put(f.buf)
	f.buf = nil
	return err
}

// release gives back what the flow holds.
func (f *flow) release() {
	if f.buf != nil {
		f.session.listener.server.buffers.put(f.buf)
		f.buf = nil
	}
	if f.p != nil {
		f.session.listener.server.pipes.put(f.p, f.n == 0)
		f.p = nil
	}
}
