package goroutine

import (
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/proxy/session"
)

// The clock of the default settings has no timer at rest, and gets one when one side ends.
func TestClockAtRest(t *testing.T) {
	r := serve(t, New(), listen(t), session.Settings{HalfCloseTimeout: time.Hour, KeepAlive: time.Minute})
	client, backend := r.dial(t)
	p := r.pair(t)
	if p.timed() {
		t.Error("a session at rest has a timer, want none")
	}
	client.(*net.TCPConn).CloseWrite()
	if n, err := backend.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Fatalf("got %d bytes and %v, want the end", n, err)
	}
	until(t, "a timer", p.timed)
}

func (p *pair) timed() bool {
	p.clock.mu.Lock()
	defer p.clock.mu.Unlock()
	return p.clock.timer != nil
}

// A session that seems silent is looked at twice: after a stall bytes may have come that
// nobody has been told of yet.
func TestClockLooksTwice(t *testing.T) {
	r := serve(t, New(), listen(t), session.Settings{IdleTimeout: time.Hour})
	client, backend := r.dial(t)
	p := r.pair(t)
	longAgo := func() { p.clock.active.Store(int64(p.relay.now() - 2*time.Hour)) }
	longAgo()
	if got := p.review(); got != "" {
		t.Fatalf("got an end for %q at the first look, want none", got)
	}
	if _, err := client.Write([]byte("late")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(backend, make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	until(t, "the bytes to be noted", func() bool { return p.relay.now()-time.Duration(p.clock.active.Load()) < time.Hour })
	if got := p.review(); got != "" {
		t.Fatalf("got an end for %q after bytes have moved, want none", got)
	}
	longAgo()
	p.review() // the timer is set to the second look
	if got := r.ends(t, 1)[0]; got != string(session.IdleTimeout) {
		t.Errorf("got end %s, want %s", got, session.IdleTimeout)
	}
}

// An end that can't be passed on, behind bytes that nobody takes, is one all the same.
func TestHalfCloseBehindBytes(t *testing.T) {
	const quiet = 500 * time.Millisecond
	r := serve(t, New(), listen(t), session.Settings{HalfCloseTimeout: quiet})
	client, backend := r.dial(t)
	backend.SetReadBuffer(8 << 10)
	p := r.pair(t)
	for standsStill := false; !standsStill; {
		if _, err := client.Write(make([]byte, 16<<10)); err != nil {
			t.Fatal(err)
		}
		standsStill = true
		for began := time.Now(); standsStill && time.Since(began) < quiet; time.Sleep(time.Millisecond) {
			control(t, p.client, func(fd uintptr) error {
				n, err := unix.IoctlGetInt(int(fd), unix.SIOCINQ)
				standsStill = n > 0
				return err
			})
		}
	}
	if got := r.log.ends(); len(got) != 0 {
		t.Fatalf("it ended for %s before one side had", got)
	}
	client.(*net.TCPConn).CloseWrite()
	if got := r.ends(t, 1)[0]; got != string(session.HalfClosed) {
		t.Errorf("got end %s, want %s", got, session.HalfClosed)
	}
}

// Lifetimes are from nine tenths to all of what is granted.
func TestEndOfLife(t *testing.T) {
	r := New()
	for range 1000 {
		before := r.now()
		got := r.endOfLife(time.Hour)
		if least, most := before+54*time.Minute, r.now()+time.Hour; got < least || got > most {
			t.Fatalf("got %v, want from %v to %v", got, least, most)
		}
	}
	if got := r.endOfLife(0); got != never {
		t.Errorf("got %v without a limit, want none", got)
	}
	if got := r.endOfLife(1); got > r.now()+1 {
		t.Errorf("got %v for the shortest life", got)
	}
}
