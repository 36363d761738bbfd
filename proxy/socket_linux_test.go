package proxy

import (
	"net"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestKeepAliveOnBothSides(t *testing.T) {
	o := startOrigin(t, echo)
	r := startRig(t, o.addr)
	client := r.dial(t)
	if err := echoes(client, 3); err != nil {
		t.Fatal(err)
	}
	c := r.session(t)
	for side, conn := range map[string]*net.TCPConn{"client": c.client, "backend": c.server} {
		for _, option := range []struct {
			name       string
			level, key int
			want       int
		}{
			{"SO_KEEPALIVE", unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
			{"TCP_KEEPIDLE", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 60},
			{"TCP_KEEPINTVL", unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 15},
			{"TCP_KEEPCNT", unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 4},
			{"TCP_NODELAY", unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
		} {
			raw, err := conn.SyscallConn()
			if err != nil {
				t.Fatal(err)
			}
			var got int
			raw.Control(func(fd uintptr) { got, err = unix.GetsockoptInt(int(fd), option.level, option.key) })
			if err != nil || got != option.want {
				t.Errorf("%s of the %s's side: got %d and %v, want %d", option.name, side, got, err, option.want)
			}
		}
	}
}

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
	until(t, "the idle pipes to be closed", func() bool {
		runtime.GC()
		return int(p.open.Load()) == len(lent)
	})
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

// Without a pipe bulk is copied.
func TestBulkWithoutPipes(t *testing.T) {
	o, conns := accepting(t)
	r := startRig(t, o.addr)
	r.server.pipes.open.Store(maxPipes)
	if err := exchange(r.dial(t), <-conns, bothAtOnce, 4, 9<<20, 7<<20); err != nil {
		t.Fatal(err)
	}
	if got := r.server.pipes.open.Load(); got != maxPipes {
		t.Errorf("got %d pipes, want no more than the %d", got, maxPipes)
	}
}
