package proxy

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"weir/proxy/session"
)

// wantBothReset checks that a session's both sides are reset, with nothing sent before.
func wantBothReset(t *testing.T, client, backend *net.TCPConn) {
	t.Helper()
	for side, conn := range map[string]*net.TCPConn{"client": client, "backend": backend} {
		conn.SetDeadline(time.Now().Add(patience))
		if n, err := conn.Read(make([]byte, 1)); n != 0 || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%s: got %d bytes and %v, want %v", side, n, err, syscall.ECONNRESET)
		}
	}
}

// wantEnd checks why the only session ended, and that it lived so long at least.
func (r *rig) wantEnd(t *testing.T, want session.EndReason, least time.Duration) {
	t.Helper()
	l := r.finished(t, 1)[0]
	if l["end"] != string(want) {
		t.Errorf("got end %v, want %s", l["end"], want)
	}
	if took, err := time.ParseDuration(l["duration"].(string)); err != nil || took < least {
		t.Errorf("got duration %v, want %v or more", l["duration"], least)
	}
}

// rigWith returns a rig that serves with these settings, and one session of it.
func rigWith(t *testing.T, change func(*session.Settings)) (r *rig, client, backend *net.TCPConn) {
	t.Helper()
	o, conns := accepting(t)
	r = newRig(t, o.addr)
	r.configure(change)
	r.serve(t)
	return r, r.dial(t), <-conns
}

func TestIdleTimeout(t *testing.T) {
	const idle = 3 * time.Second / 2
	for name, talk := range map[string]func(client, backend *net.TCPConn) error{
		"after nothing":       func(_, _ *net.TCPConn) error { return nil },
		"after the client's":  func(client, backend *net.TCPConn) error { return pass(client, backend, 1, 10) },
		"after the backend's": func(client, backend *net.TCPConn) error { return pass(backend, client, 1, 20) },
		"after much by both": func(client, backend *net.TCPConn) error {
			return errors.Join(pass(backend, client, 1, 3<<20), pass(client, backend, 2, 2<<20))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, client, backend := rigWith(t, func(s *session.Settings) { s.IdleTimeout = idle })
			// As long as either says something now and then, it goes on.
			began, spoken := time.Now(), time.Duration(0) // a moment that is before the last byte for sure
			for time.Since(began) < idle*3/2 {
				spoken = time.Since(began)
				if err := pass(client, backend, 3, 1); err != nil {
					t.Fatalf("after %v: %v", time.Since(began), err)
				}
				time.Sleep(idle / 20)
			}
			if err := talk(client, backend); err != nil {
				t.Fatal(err)
			}
			wantBothReset(t, client, backend)
			r.wantEnd(t, session.IdleTimeout, spoken+idle-50*time.Millisecond) // the loop counts in ticks
		})
	}
}

func TestMaxLifetime(t *testing.T) {
	const life = 600 * time.Millisecond
	r, client, backend := rigWith(t, func(s *session.Settings) { s.MaxLifetime = life })
	began := time.Now()
	for {
		if err := pass(client, backend, 3, 100); err != nil { // never idle
			if !lost(err) && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) {
				t.Fatalf("after %v: %v", time.Since(began), err)
			}
			break
		}
		if time.Since(began) > patience {
			t.Fatal("it goes on and on")
		}
		time.Sleep(life / 50)
	}
	r.wantEnd(t, session.MaxLifetime, life*9/10)
}

// Lifetimes differ: what began together doesn't come back together.
func TestMaxLifetimeIsSpread(t *testing.T) {
	const n, life = 40, time.Second
	o, conns := accepting(t)
	r := newRig(t, o.addr)
	r.configure(func(s *session.Settings) { s.MaxLifetime = life })
	r.serve(t)
	for range n {
		r.dial(t)
		<-conns
	}
	shortest, longest := time.Hour, time.Duration(0)
	for _, l := range r.finished(t, n) {
		took, err := time.ParseDuration(l["duration"].(string))
		if err != nil || l["end"] != string(session.MaxLifetime) {
			t.Errorf("got duration %v and end %v", l["duration"], l["end"])
		}
		shortest, longest = min(shortest, took), max(longest, took)
	}
	if shortest < life*9/10 || longest-shortest < life/25 {
		t.Errorf("got lifetimes from %v to %v, want %v at least, and %v apart", shortest, longest, life*9/10, life/25)
	}
}

func TestHalfCloseTimeout(t *testing.T) {
	const quiet = time.Second
	for _, who := range []string{"client", "backend"} {
		t.Run(who, func(t *testing.T) {
			t.Parallel()
			r, client, backend := rigWith(t, func(s *session.Settings) { s.HalfCloseTimeout = quiet })
			began := time.Now()
			time.Sleep(quiet * 3 / 2) // nothing ends before one side has
			ending, staying := client, backend
			if who == "backend" {
				ending, staying = staying, ending
			}
			if err := ending.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			staying.SetDeadline(time.Now().Add(patience))
			if n, err := io.Copy(io.Discard, onlyReader{staying}); n != 0 || err != nil {
				t.Fatalf("got %d bytes and %v, want the other's end", n, err)
			}
			for half := time.Now(); time.Since(half) < quiet*3/2; { // the other half lives by what it says
				if err := pass(staying, ending, 1, 50); err != nil {
					t.Fatalf("after %v: %v", time.Since(began), err)
				}
				time.Sleep(quiet / 20)
			}
			spoken := time.Since(began)
			ending.SetDeadline(time.Now().Add(patience))
			if n, err := ending.Read(make([]byte, 1)); n != 0 || !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("got %d bytes and %v, want %v", n, err, syscall.ECONNRESET)
			}
			until(t, "a reset", func() bool { _, err := staying.Write([]byte{1}); return lost(err) })
			r.wantEnd(t, session.HalfClosed, spoken+quiet*9/10)
		})
	}
}

// A session keeps what it began with.
func TestTimesOverAReload(t *testing.T) {
	o, conns := accepting(t)
	r := startRig(t, o.addr)
	first, firstBackend := r.dial(t), <-conns
	r.configure(func(s *session.Settings) { s.IdleTimeout = 200 * time.Millisecond })
	second, secondBackend := r.dial(t), <-conns
	wantBothReset(t, second, secondBackend)
	r.wantEnd(t, session.IdleTimeout, 180*time.Millisecond)
	if err := exchange(first, firstBackend, clientFirst, 1, 100, 2000); err != nil {
		t.Errorf("the one that began before: %v", err)
	}
	r.finished(t, 2)
}
