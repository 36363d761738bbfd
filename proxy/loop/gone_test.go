//go:build linux && (amd64 || arm64)

package loop

import (
	"io"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/proxy/session"
)

// A client that resets while its backend is connected to, or before the next try, holds
// its place no longer.
func TestClientGoneBeforeJoin(t *testing.T) {
	for name, want := range map[string]state{"connecting": connecting, "pausing": pausing} {
		t.Run(name, func(t *testing.T) {
			s := newSolo(t, session.Settings{MaxConnections: 1})
			if want == connecting {
				s.backends(silentAddr(t))
			} else {
				s.backend.Close() // a lone backend that refuses is tried again after a pause
			}
			client, c := s.begin(t, "hello")
			s.until(t, "the wait", func() bool { return c.state == want })
			b := s.pool.Pick()
			if s.front.Enter() {
				t.Fatal("it has no place: this test shows nothing")
			}
			failures := b.Failures.Load()
			reset(client)
			s.until(t, "the end", func() bool { return c.born == 0 })
			s.ended(t, c, session.ClientReset)
			if !s.front.Enter() {
				t.Error("its place is not free")
			}
			s.front.Left()
			if b.Active.Load() != 0 || b.Failures.Load() != failures || s.front.Failed.Load() != 0 {
				t.Errorf("got %d active, %d failures more and %d clients failed, want none of all", b.Active.Load(), b.Failures.Load()-failures, s.front.Failed.Load())
			}
		})
	}
}

// A client that sent and ended its half before its backend is found is served all the
// same, with what it sent at any time before.
func TestClientEndsBeforeJoin(t *testing.T) {
	s := newSolo(t, session.Settings{})
	s.service.Retries = 1
	silent := silentAddr(t)
	s.backends(silent)
	client, c := s.begin(t, "early ")
	client.Write([]byte("later "))
	s.until(t, "that to be noticed", func() bool { return c.client.readable })
	client.Write([]byte("last"))
	client.CloseWrite()
	s.until(t, "the end to be noticed", func() bool { return c.client.ending })
	s.backends(silent, addrOf(s.backend))
	s.happened(&c.server, unix.EPOLLERR|unix.EPOLLHUP)
	backend := s.accept(t)
	s.expect(t, backend, "early later last")
	s.until(t, "the end to be passed on", func() bool { return c.up.passed })
	backend.SetReadDeadline(time.Now().Add(patience))
	if n, err := backend.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("got %d bytes more and %v, want the end", n, err)
	}
	backend.Write([]byte("answer"))
	s.expect(t, client, "answer")
	backend.Close()
	s.until(t, "the end", func() bool { return c.born == 0 })
	s.ended(t, c, session.Complete)
}
