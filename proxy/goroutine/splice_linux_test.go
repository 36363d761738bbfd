package goroutine

import (
	"io"
	"runtime"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/proxy/session"
)

func TestPipePool(t *testing.T) {
	var p pipePool
	var lent []*pipe
	for range maxPipes {
		pp := p.get()
		if pp == nil {
			t.Fatalf("got none after %d pipes, want %d", len(lent), maxPipes)
		}
		lent = append(lent, pp)
	}
	if p.get() != nil {
		t.Errorf("got a pipe beyond %d", maxPipes)
	}
	// One with bytes in it is closed at once, which makes room for another.
	full := lent[0]
	syscall.Write(full.w, []byte("left over"))
	p.put(full, false)
	if _, err := unix.FcntlInt(uintptr(full.r), unix.F_GETFD, 0); err != unix.EBADF {
		t.Errorf("got %v of the full pipe, want %v", err, unix.EBADF)
	}
	if lent[0] = p.get(); lent[0] == nil {
		t.Fatal("got none after one was closed")
	}
	if n, err := syscall.Read(lent[0].r, make([]byte, 10)); err != syscall.EAGAIN {
		t.Errorf("got %d bytes and %v from a new pipe, want none and %v", n, err, syscall.EAGAIN)
	}
	// The collector closes what is idle, and nothing that is lent.
	for i, pp := range lent[:maxPipes/2] {
		p.put(pp, true)
		lent[i] = nil
	}
	lent = lent[maxPipes/2:]
	for began := time.Now(); int(p.open.Load()) != len(lent); runtime.GC() {
		if time.Since(began) > patience {
			t.Fatalf("got %d pipes open, want the %d that are lent", p.open.Load(), len(lent))
		}
	}
	for _, pp := range lent {
		if _, err := syscall.Write(pp.w, []byte("x")); err != nil {
			t.Errorf("a pipe that was lent: %v", err)
		}
		p.put(pp, false)
	}
	if got := p.open.Load(); got != 0 {
		t.Errorf("got %d pipes open at the end, want 0", got)
	}
}

// When all pipes are lent, bulk is copied.
func TestBulkBeyondThePipes(t *testing.T) {
	r := New()
	r.pipes.open.Store(maxPipes)
	client, backend := serve(t, r, listen(t), session.Settings{}).dial(t)
	const size = 9 << 20
	sent := make(chan error, 1)
	go func() {
		_, err := client.Write(make([]byte, size))
		sent <- err
	}()
	backend.SetReadDeadline(time.Now().Add(patience))
	if n, err := io.CopyN(io.Discard, struct{ io.Reader }{backend}, size); n != size || err != nil {
		t.Errorf("got %d bytes and %v, want %d", n, err, size)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
	if got := r.pipes.open.Load(); got != maxPipes {
		t.Errorf("got %d pipes, want no more than the %d", got, maxPipes)
	}
}
