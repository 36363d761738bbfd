package proxy

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"weir/balance"
	"weir/proxy/session"
)

// A socket goes from name to name under load, and every client is served.
func TestSucceed(t *testing.T) {
	o := startOrigin(t, echo)
	r := newRig(t, o.addr)
	r.serve(t)
	l := r.also(t, "name-0", at(loopback(0)), defaults())
	traffic := startLoad(t, l.Addr())
	for i := range 20 {
		traffic.more(t, 10)
		next, err := l.Succeed(fmt.Sprintf("name-%d", i+1), r.service, defaults())
		if err != nil {
			t.Fatal(err)
		}
		if next.Addr() != l.Addr() {
			t.Errorf("got address %s, want %s as before", next.Addr(), l.Addr())
		}
		traffic.more(t, 10) // by the old one
		if got := next.Accepted.Load(); got != 0 {
			t.Errorf("got %d clients of a listener that doesn't serve yet", got)
		}
		if got := len(r.server.Sockets()); got != 2 {
			t.Errorf("got %d sockets, want one for each address", got)
		}
		r.serveToo(t, next)
		select {
		case <-l.done:
		case <-time.After(patience):
			t.Fatal("the old one doesn't end")
		}
		before := l.Accepted.Load()
		traffic.more(t, 10)
		if got := l.Accepted.Load(); got != before {
			t.Errorf("got %d clients of a listener that was succeeded", got-before)
		}
		l = next
	}
	traffic.end()
	if got := r.log.lines("listener closed"); len(got) > 0 {
		t.Errorf("got log %v of a socket that stays open", got)
	}
}

// Whichever of the two is closed before the second serves, the other has the socket.
func TestSucceedIsCutShort(t *testing.T) {
	o := startOrigin(t, echo)
	t.Run("the new one closes", func(t *testing.T) {
		r := startRig(t, o.addr)
		next, err := r.listener.Succeed("next", r.service, defaults())
		if err != nil {
			t.Fatal(err)
		}
		next.Close()
		if err := next.Serve(); !errors.Is(err, ErrServerClosed) {
			t.Errorf("Serve after Close: got %v, want %v", err, ErrServerClosed)
		}
		ping(t, r.dial(t), 1)
	})
	t.Run("the old one closes", func(t *testing.T) {
		r := newRig(t, o.addr)
		r.serve(t)
		l := r.also(t, "old", socketPath(t), defaults())
		next, err := l.Succeed("next", r.service, defaults())
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		waiting := dialPath(t, l.Addr()) // in the queue that the new one has
		if _, err := l.Succeed("late", r.service, defaults()); !errors.Is(err, ErrServerClosed) {
			t.Errorf("Succeed after Close: got %v, want %v", err, ErrServerClosed)
		}
		r.serveToo(t, next)
		if err := echoes(waiting, 2); err != nil {
			t.Error(err)
		}
		waiting.Close()
	})
}

// Close takes the queue; the server's other listeners and all sessions go on.
func TestClose(t *testing.T) {
	o := startOrigin(t, echo)
	r := newRig(t, o.addr)
	r.serve(t)
	l := r.also(t, "second", at(loopback(0)), defaults())
	var live []*net.TCPConn
	for i := range 10 {
		live = append(live, dialTo(t, l.Addr()))
		if err := echoes(live[i], byte(i)); err != nil {
			t.Fatal(err)
		}
	}
	l.Close()
	if conn, err := net.Dial("tcp", l.Addr().String()); !errors.Is(err, syscall.ECONNREFUSED) {
		if err == nil {
			conn.Close()
		}
		t.Errorf("connect after Close: got %v, want %v", err, syscall.ECONNREFUSED)
	}
	for i, c := range live {
		if err := echoes(c, byte(i)); err != nil {
			t.Errorf("live session %d: %v", i, err)
		}
		c.Close()
	}
	ping(t, r.dial(t), 4)
	again := r.also(t, "again", l.Addr(), defaults()) // the address is free
	ping(t, dialTo(t, again.Addr()), 5)
	l.Close() // once more does nothing
}

// A server under all that an operator may do to it at once serves whom it serves, and
// leaves nothing behind.
func TestAnythingAtAnyTime(t *testing.T) {
	o := startOrigin(t, echo)
	for round := range 6 {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			r := startRig(t, o.addr)
			traffic := startLoad(t, r.listener.Addr()) // its listener is left alone
			gone := new(balance.Backend)               // without connections
			var g, serving sync.WaitGroup
			for worker := range 4 {
				rng := rand.New(rand.NewPCG(uint64(round), uint64(worker)))
				g.Go(func() {
					var own []*Listener
					serve := func(l *Listener, err error) {
						if err != nil {
							t.Error(err)
							return
						}
						own = append(own, l)
						if rng.IntN(4) > 0 {
							serving.Go(func() {
								if err := l.Serve(); !errors.Is(err, ErrServerClosed) {
									t.Errorf("Serve: got %v", err)
								}
							})
						}
					}
					for range 60 {
						if len(own) == 0 || rng.IntN(4) == 0 {
							serve(r.server.Bind("some", at(loopback(0)), r.service, defaults()))
							continue
						}
						l := own[rng.IntN(len(own))]
						switch rng.IntN(7) {
						case 0:
							l.Close()
						case 1:
							next, err := l.Succeed("next", r.service, defaults())
							if !errors.Is(err, ErrServerClosed) {
								serve(next, err)
							}
						case 2:
							l.Configure(r.service, session.Settings{MaxConnections: rng.IntN(3)})
						case 3:
							r.server.Sockets()
						case 4:
							r.server.Limit(1000 + rng.IntN(2))
						case 5:
							r.server.End(gone, session.Drained)
						case 6:
							if conn, err := net.Dial("tcp", l.Addr().String()); err == nil {
								conn.Close()
							}
						}
					}
				})
			}
			g.Wait()
			traffic.end()
			ctx, cancel := context.WithCancel(t.Context())
			for range 3 {
				g.Go(r.server.HandOver)
				g.Go(func() { r.server.Shutdown(ctx) })
				g.Go(func() { r.server.End(gone, session.Drained) })
			}
			cancel()
			g.Wait()
			serving.Wait()
			r.server.End(gone, session.Drained)
			r.server.Inherit(nil)
			if _, err := r.server.Bind("late", at(loopback(0)), r.service, defaults()); !errors.Is(err, ErrServerClosed) {
				t.Errorf("Bind: got %v, want %v", err, ErrServerClosed)
			}
			if _, err := r.listener.Succeed("late", r.service, defaults()); !errors.Is(err, ErrServerClosed) {
				t.Errorf("Succeed: got %v, want %v", err, ErrServerClosed)
			}
			if got := r.server.Sockets(); len(got) > 0 {
				t.Errorf("got sockets %v after the end, want none", got)
			}
		})
	}
}

// A second Shutdown, or Finish, ends what the first one waits for.
func TestSecondShutdownEndsTheFirst(t *testing.T) {
	o := startOrigin(t, echo)
	r := startRig(t, o.addr)
	client := r.dial(t)
	if err := echoes(client, 1); err != nil {
		t.Fatal(err)
	}
	first := make(chan counts, 1)
	go func() {
		finished, cut := r.server.Finish(context.Background(), session.Upgraded)
		first <- counts{finished, cut}
	}()
	until(t, "the listener to close", func() bool { return len(r.log.lines("listener closed")) > 0 })
	if err := echoes(client, 2); err != nil {
		t.Errorf("while the first one waits: %v", err)
	}
	soon, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if got := <-r.shutDown(soon); got != (counts{}) {
		t.Errorf("the second one: got %+v, want none", got)
	}
	if got := <-first; got.cut != 1 || got.finished != 0 {
		t.Errorf("the first one: got %+v, want 1 cut", got)
	}
}
