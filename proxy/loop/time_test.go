//go:build linux && (amd64 || arm64)

package loop

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/proxy/session"
)

// near is closer than any limit in these tests, and more than they take themselves.
const near = 5 * time.Second

// Bytes in either direction keep a session alive. None for idle_timeout end it, and it
// takes no timer's move for a byte.
func TestIdle(t *testing.T) {
	const idle = time.Minute
	s := newSolo(t, session.Settings{IdleTimeout: idle})
	client, backend, c := s.join(t)
	for i := range 4 {
		s.after(idle - near)
		at := c.timer.at
		if i%2 == 0 {
			client.Write([]byte("up"))
			s.expect(t, backend, "up")
		} else {
			backend.Write([]byte("down"))
			s.expect(t, client, "down")
		}
		if c.timer.at != at {
			t.Errorf("round %d: the timer was moved for some bytes", i)
		}
	}
	s.after(idle - near)
	if c.born == 0 {
		t.Fatalf("it ended early, for %q", c.reason)
	}
	s.after(near + 2*tick)
	s.ended(t, c, session.IdleTimeout, client, backend)
}

// Bulk moves bytes as well.
func TestIdleCountsWhatIsSpliced(t *testing.T) {
	s := newSolo(t, session.Settings{IdleTimeout: time.Minute})
	client, backend, c := s.join(t)
	client.SetWriteDeadline(time.Now().Add(patience))
	go client.Write(make([]byte, 64<<20)) // until the end of the test resets it
	for !c.up.bulk() || c.up.piped == 0 {
		s.work()
		if c.server.blocked {
			sip(t, backend)
		}
	}
	s.after(time.Minute - near)
	at := c.active
	for before := c.up.moved; c.up.moved < before+4<<20; s.work() {
		sip(t, backend)
	}
	if !c.up.bulk() {
		t.Fatal("it is copied now: this test shows nothing")
	}
	if got, want := c.active-at, int64((time.Minute-near)/tick); got < want {
		t.Errorf("got the last byte %d ticks later, want %d", got, want)
	}
}

// sip reads some of what is there: as long as it waits for more, the loop that the test runs
// itself moves nothing.
func sip(t *testing.T, from *net.TCPConn) {
	t.Helper()
	from.SetReadDeadline(time.Now().Add(tick))
	if _, err := from.Read(make([]byte, 256<<10)); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
}

// Who doesn't read moves no bytes, however much waits for it.
func TestIdleWhileNobodyReads(t *testing.T) {
	s := newSolo(t, session.Settings{IdleTimeout: time.Minute})
	_, backend, c := s.join(t)
	buf := make([]byte, 1<<20)
	for still := 0; still < 3; still++ { // rounds in which nothing moved
		backend.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
		before := c.down.moved
		_, err := backend.Write(buf)
		s.work()
		if !errors.Is(err, os.ErrDeadlineExceeded) || c.down.moved > before {
			still = 0
		}
	}
	s.after(time.Minute - near)
	if c.born == 0 {
		t.Fatalf("it ended early, for %q", c.reason)
	}
	s.after(near + 2*tick)
	s.ended(t, c, session.IdleTimeout, backend)
}

// After a stall, bytes that have come meanwhile count though nobody has told of them yet.
func TestIdleAfterAStall(t *testing.T) {
	const idle = time.Minute
	s := newSolo(t, session.Settings{IdleTimeout: idle})
	client, backend, c := s.join(t)
	client.Write([]byte("late"))
	until(t, "bytes in the kernel", func() bool {
		n, _ := unix.IoctlGetInt(int(c.client.fd), unix.SIOCINQ)
		return n > 0
	})
	s.after(10 * idle)
	if c.born == 0 {
		t.Fatalf("it ended for %q with bytes to read", c.reason)
	}
	s.expect(t, backend, "late")
	s.after(idle + 2*tick)
	s.ended(t, c, session.IdleTimeout, client, backend)
}

// Once one side has ended, the shorter of the two limits holds, from then on.
func TestHalfClose(t *testing.T) {
	for _, test := range []struct {
		name       string
		idle, half time.Duration
		byBackend  bool
		after      time.Duration
		want       session.EndReason
	}{
		{name: "by the client", half: time.Minute, after: time.Minute, want: session.HalfClosed},
		{name: "by the backend", half: time.Minute, byBackend: true, after: time.Minute, want: session.HalfClosed},
		{name: "sooner than idle", idle: time.Hour, half: time.Minute, after: time.Minute, want: session.HalfClosed},
		{name: "later than idle", idle: time.Minute, half: time.Hour, after: time.Minute, want: session.IdleTimeout},
		{name: "without a limit of its own", idle: time.Minute, after: time.Minute, want: session.IdleTimeout},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSolo(t, session.Settings{IdleTimeout: test.idle, HalfCloseTimeout: test.half})
			client, backend, c := s.join(t)
			wait := 40 * time.Minute // as long as it likes while both are open
			if test.idle > 0 {
				wait = test.idle - near
			}
			s.after(wait)
			quiet, other := client, backend
			if test.byBackend {
				quiet, other = other, quiet
			}
			quiet.CloseWrite()
			s.until(t, "the end", func() bool { return c.up.passed || c.down.passed })
			s.after(test.after - near)
			if c.born == 0 {
				t.Fatalf("it ended early, for %q", c.reason)
			}
			other.Write([]byte("still there"))
			s.expect(t, quiet, "still there")
			s.after(test.after - near)
			if c.born == 0 {
				t.Fatalf("it ended early, for %q", c.reason)
			}
			s.after(near + 2*tick)
			s.ended(t, c, test.want, quiet) // the other one has read the end before
		})
	}
}

// An end that can't be passed on, behind bytes that nobody takes, is one all the same.
func TestHalfCloseBehindBytes(t *testing.T) {
	s := newSolo(t, session.Settings{HalfCloseTimeout: time.Minute})
	client, backend, c := s.join(t)
	backend.SetReadBuffer(8 << 10)
	for buf := make([]byte, 64<<10); !c.server.blocked; s.work() {
		client.SetWriteDeadline(time.Now().Add(patience))
		if _, err := client.Write(buf); err != nil {
			t.Fatal(err)
		}
	}
	s.after(time.Hour)
	client.CloseWrite()
	s.until(t, "the end to arrive", func() bool { return c.client.ending })
	if c.up.passed {
		t.Fatal("the end was passed on: this test shows nothing")
	}
	s.after(time.Minute - near)
	if c.born == 0 {
		t.Fatalf("it ended early, for %q", c.reason)
	}
	s.after(near + 2*tick)
	s.ended(t, c, session.HalfClosed, backend)
}

// Nothing prolongs a life, and none is cut by more than a tenth.
func TestLifetime(t *testing.T) {
	const life = time.Hour
	spread := map[int64]bool{}
	for range 5 {
		s := newSolo(t, session.Settings{MaxLifetime: life, IdleTimeout: 10 * time.Hour})
		client, backend, c := s.join(t)
		spread[c.over] = true
		s.after(life - life/10 - near)
		if c.born == 0 {
			t.Fatalf("it ended early, for %q", c.reason)
		}
		client.Write([]byte("busy"))
		s.expect(t, backend, "busy")
		s.after(life/10 + near + 2*tick)
		s.ended(t, c, session.MaxLifetime, client, backend)
	}
	if len(spread) < 2 {
		t.Errorf("got one end for all, want them spread")
	}
}

// A session that waits for its backend lives no longer than any.
func TestLifetimeWhileConnecting(t *testing.T) {
	s := newSolo(t, session.Settings{MaxLifetime: time.Minute})
	s.service.ConnectTimeout = time.Hour
	s.backends(silentAddr(t))
	client, c := s.begin(t, "hello")
	if c.state != connecting {
		t.Fatalf("got state %d, want %d", c.state, connecting)
	}
	b := s.pool.Pick()
	s.after(time.Minute + 2*tick)
	s.ended(t, c, session.MaxLifetime, client)
	if b.Active.Load() != 0 || b.Failures.Load() != 0 {
		t.Errorf("got %d active and %d failures of the backend, want none", b.Active.Load(), b.Failures.Load())
	}
}

// The backend's side of a session that lasts has the listener's keep-alive.
func TestKeepAliveFromSettings(t *testing.T) {
	for _, idle := range []time.Duration{0, 90*time.Second + time.Millisecond, time.Hour} {
		s := newSolo(t, session.Settings{KeepAlive: idle})
		_, _, c := s.join(t)
		option := func(level, name int) int {
			v, err := unix.GetsockoptInt(int(c.server.fd), level, name)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		if got := option(unix.SOL_SOCKET, unix.SO_KEEPALIVE); got != 0 {
			t.Errorf("%v: it is set at once, want no such work for a short session", idle)
		}
		s.after(keepAliveAfter + 2*tick)
		on := option(unix.SOL_SOCKET, unix.SO_KEEPALIVE) == 1
		if on != (idle > 0) {
			t.Errorf("%v: got it on: %v", idle, on)
		}
		if want := int((idle + time.Second - 1) / time.Second); on && option(unix.IPPROTO_TCP, unix.TCP_KEEPIDLE) != want {
			t.Errorf("%v: got %d s, want %d", idle, option(unix.IPPROTO_TCP, unix.TCP_KEEPIDLE), want)
		}
		if c.timer.isSet() {
			t.Errorf("%v: at rest it has a timer, want none", idle)
		}
	}
}

// A limit that is far off costs a resting session nothing until it is near.
func TestFarLimitsRest(t *testing.T) {
	s := newSolo(t, session.Settings{IdleTimeout: time.Hour})
	_, _, c := s.join(t)
	if got, least := s.next(), int64(time.Second/tick); got < least {
		t.Errorf("got the next turn in %d ticks, want no less than %d", got, least)
	}
	s.after(time.Hour - near)
	if c.born == 0 {
		t.Fatal("it ended early")
	}
}
