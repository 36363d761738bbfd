//go:build linux && (amd64 || arm64)

package loop

import (
	"testing"
	"time"

	"weir/proxy/session"
)

// What is joined to one backend is reset, and nothing else.
func TestEnd(t *testing.T) {
	s := newSolo(t, session.Settings{})
	other := listen(t)
	defer other.Close()
	client, backend, c := s.join(t)
	s.backends(addrOf(other))
	keptClient, kept := s.begin(t, "kept")
	other.SetDeadline(time.Now().Add(patience))
	keptBackend, err := other.AcceptTCP()
	if err != nil {
		t.Fatal(err)
	}
	defer keptBackend.Close()
	s.expect(t, keptBackend, "kept")
	s.backends(silentAddr(t))
	_, waiting := s.begin(t, "")

	c.backend.Closed.Store(true)
	relay := &Relay{loops: s.group}
	relay.End(c.backend, session.Unhealthy)
	s.work()
	if kept.born == 0 || kept.reason != "" || waiting.born == 0 {
		t.Fatalf("others have ended too, for %q and %q", kept.reason, waiting.reason)
	}
	keptClient.Write([]byte("goes on"))
	s.expect(t, keptBackend, "goes on")
	s.abortFor(kept, session.ClientReset)
	s.abortFor(waiting, session.ClientReset)
	s.ended(t, c, session.Unhealthy, client, backend)
}

// A backend that is back by the time a loop comes to the end of its connections keeps
// them: some may have joined it since.
func TestEndOfABackendThatIsBack(t *testing.T) {
	s := newSolo(t, session.Settings{})
	b := s.pool.Pick()
	b.Closed.Store(true)
	relay := &Relay{loops: s.group}
	relay.End(b, session.Drained)
	b.Closed.Store(false)
	client, backend, c := s.join(t)
	if c.born == 0 {
		t.Fatalf("it has ended, for %q", c.reason)
	}
	backend.Write([]byte("goes on"))
	s.expect(t, client, "goes on")
}

// Who was connecting when a drain was over ends when joined.
func TestJoinAfterDrain(t *testing.T) {
	s := newSolo(t, session.Settings{})
	b := s.pool.Pick()
	b.Closed.Store(true)
	client, c := s.begin(t, "too late")
	if c != nil {
		t.Fatalf("it goes on, in state %d", c.state)
	}
	s.ended(t, s.spare[0], session.Drained, client, s.accept(t))
	if got := b.Active.Load(); got != 0 {
		t.Errorf("got %d active, want none", got)
	}
}
