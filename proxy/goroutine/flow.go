package goroutine

import (
	"errors"
	"io"
	"os"
	"syscall"
	"time"

	"weir/proxy/session"
)

// bulkAfter reads that fill the buffer in a row make a direction bulk, to be spliced.
const bulkAfter = 4

// lookAfter is how long a flow waits for dst before it looks whether src is still
// there: nobody else does, as long as nobody reads it.
const lookAfter = 250 * time.Millisecond

// A flow is one direction of a session. Only its own goroutine touches it
// until the session has ended.
type flow struct {
	pair     *pair
	src, dst conn
	moved    int64 // bytes written to dst; below zero while a PROXY header is

	srcRaw, dstRaw  syscall.RawConn
	onTake, onDrain func(fd uintptr) bool // made once: a new closure each time would be garbage

	buf   *buffer // held from a read to the write of what it got
	p     *pipe   // held from a splice until src has nothing more to read
	n     int32   // bytes received, in buf or p
	sent  int32   // of them
	full  int32   // reads in a row that filled the buffer
	timed bool    // dst has a write deadline, which is moved only when it is over
	ended bool    // src's end has come
	err   error   // of the last system call
}

func (f *flow) init(p *pair, src, dst conn) {
	*f = flow{pair: p, src: src, dst: dst}
	f.srcRaw, _ = src.SyscallConn() // fails on a nil connection only
	f.dstRaw, _ = dst.SyscallConn()
	f.onTake, f.onDrain = f.take, f.drain
}

// run moves bytes from src to dst until src ends, which it passes on, or until
// either side is lost. A header goes before them.
func (f *flow) run(header []byte) {
	defer f.pair.relay.running.Done()
	err := f.move(header)
	f.release()
	if last := f.pair.flowEnded(); !last && err == io.EOF {
		f.dst.CloseWrite()
		f.end()
		f.watch()
	}
}

// move ends with io.EOF when src has ended.
func (f *flow) move(header []byte) error {
	for {
		if err := f.receive(header); err != nil {
			if err == io.EOF && f.pair.end.Load() == nil {
				return err
			}
			// Lost, or ended because the other flow found it lost when writing.
			f.pair.abort(f.pair.lost(f.src))
			return err
		}
		header = nil
		if err := f.send(); err != nil {
			// dst is gone, but what it sent before may still wait to be read:
			// the other flow delivers that, meets the end, and aborts. A src that
			// writes and doesn't read must learn of the loss all the same.
			f.pair.because(f.pair.lost(f.dst))
			f.src.SetWriteDeadline(time.Now().Add(session.LastBytes))
			return err
		}
	}
}

// receive waits for bytes and takes them into buf or pipe; or a header, with what there
// is. io.EOF is src's end.
func (f *flow) receive(header []byte) error {
	if header != nil {
		return f.lead(header)
	}
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
	f.sent = 0
	bulk := f.full >= bulkAfter
	if bulk && !f.splice(fd) || !bulk && !f.read(fd) {
		return false
	}
	if f.n == 0 && f.err == nil && f.isLost(fd) {
		f.err = syscall.ECONNRESET // of which only the other flow's write was told
	}
	return true
}

// read takes bytes into a buffer.
func (f *flow) read(fd uintptr) bool {
	f.buf = f.pair.relay.buffers.get()
	var n int
	for {
		n, f.err = syscall.Read(int(fd), f.buf[:])
		if f.err != syscall.EINTR {
			break
		}
	}
	f.n = int32(max(n, 0))
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
	for {
		err := f.dstRaw.Write(f.onDrain)
		if err == nil {
			err = f.err
		}
		late := errors.Is(err, os.ErrDeadlineExceeded) && f.pair.end.Load() == nil
		if !late && err != syscall.EAGAIN {
			return err
		}
		if late && f.look() {
			f.pair.abort(f.pair.lost(f.src))
			return err
		}
		f.timed = true
		f.dst.SetWriteDeadline(time.Now().Add(lookAfter))
		if f.pair.end.Load() != nil { // the deadline may have taken the place of the last bytes'
			f.dst.SetWriteDeadline(time.Now().Add(session.LastBytes))
		}
	}
}

// drain is called when dst may take bytes; false waits until it does. EAGAIN wants
// a deadline first.
func (f *flow) drain(fd uintptr) bool {
	if f.p != nil {
		f.err = f.unsplice(fd)
	} else {
		f.err = f.write(fd)
	}
	if f.err == syscall.EAGAIN {
		return !f.timed
	}
	return true
}

// write moves the buffer's bytes on to dst and gives the buffer back.
func (f *flow) write(fd uintptr) error {
	for f.sent < f.n {
		n, err := syscall.Write(int(fd), f.buf[f.sent:f.n])
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return err
		default:
			f.sent += int32(n)
			f.moved += int64(n)
			f.pair.note()
		}
	}
	f.release()
	return nil
}

// release gives back what the flow holds.
func (f *flow) release() {
	if f.buf != nil {
		f.pair.relay.buffers.put(f.buf)
		f.buf = nil
	}
	if f.p != nil {
		f.pair.relay.pipes.put(f.p, f.sent == f.n)
		f.p = nil
	}
}
