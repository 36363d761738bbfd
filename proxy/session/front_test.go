package session

import (
	"bytes"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/go-hclog"
)

var (
	someone = netip.MustParseAddrPort("192.0.2.1:1000")
	another = netip.MustParseAddrPort("192.0.2.2:1000")
)

func TestFrontGivesBackWhatItTook(t *testing.T) {
	var process Room
	process.Limit(3)
	one := front(service(), Settings{MaxConnections: 2, MaxConnectionsPerClient: 1}, &process)
	two := front(service(), Settings{}, &process)
	enter := func(f *Front, want bool) {
		t.Helper()
		if got := f.Enter(); got != want {
			t.Errorf("Enter: got %v, want %v", got, want)
		}
	}
	admit := func(f *Front, who netip.AddrPort, want bool) *Settings {
		t.Helper()
		s, ok := f.Admit(who)
		if ok != want {
			t.Errorf("Admit(%s): got %v, want %v", who, ok, want)
		}
		return s
	}
	places := func(own, all int) {
		t.Helper()
		if one.room.Used() != own || process.Used() != all {
			t.Errorf("got %d places of the listener taken and %d in all, want %d and %d", one.room.Used(), process.Used(), own, all)
		}
	}
	enter(one, true)
	first := admit(one, someone, true)
	enter(one, true)
	admit(one, someone, false) // has too many
	places(1, 1)
	enter(one, true)
	admit(one, another, true)
	enter(one, false) // its own room is full
	places(2, 2)
	enter(two, true)
	two.Left() // nobody came
	enter(two, true)
	admit(two, someone, true) // each listener counts its own
	enter(two, false)         // the process's room is full
	places(2, 3)
	one.Leave(someone, first)
	places(1, 2)
	enter(one, true)
	admit(one, someone, true)
	places(2, 3)
	if got := one.Accepted.Load(); got != 4 {
		t.Errorf("got %d accepted, want 4", got)
	}
	if got := one.Greedy.Load(); got != 1 {
		t.Errorf("got %d turned away as having too many, want 1", got)
	}
}

// A client is counted by the limit that it came under: one who came before there was any
// takes no other's place away by leaving.
func TestFrontOverAReload(t *testing.T) {
	f := front(service(), Settings{}, nil)
	f.Enter()
	before, _ := f.Admit(someone)
	f.Configure(service(), Settings{MaxConnectionsPerClient: 1})
	f.Enter()
	if _, ok := f.Admit(someone); !ok {
		t.Error("the first under the limit was turned away")
	}
	f.Leave(someone, before)
	f.Enter()
	if _, ok := f.Admit(someone); ok {
		t.Error("a second one came in under the limit")
	}
}

// A client of a unix socket has no address: it isn't counted by it.
func TestFrontOfClientsWithoutAddress(t *testing.T) {
	f := front(service(), Settings{MaxConnectionsPerClient: 1}, nil)
	for range 3 {
		f.Enter()
		if s, ok := f.Admit(netip.AddrPort{}); !ok {
			t.Error("turned away")
		} else {
			defer f.Leave(netip.AddrPort{}, s)
		}
	}
}

func TestFrontWakesWhoWaits(t *testing.T) {
	var process Room
	process.Limit(1)
	f := front(service(), Settings{MaxConnections: 1}, &process)
	other := front(service(), Settings{}, &process)
	woken := 0
	wake := func() { woken++ }
	for i, step := range []struct {
		what   string
		before func()
		after  func()
	}{
		{"its own client leaves", func() { f.Enter() }, f.Left},
		{"another listener's client leaves", func() { other.Enter() }, other.Left},
		{"its limit is raised", func() { process.Limit(2); f.Enter() }, func() { f.Configure(service(), Settings{MaxConnections: 2}) }},
		{"the process's limit is raised", func() { f.Enter() }, func() { process.Limit(3) }},
		{"it is not to wait any more", func() { process.Limit(2) }, func() { f.Configure(service(), Settings{WhenFull: Close}) }},
	} {
		step.before()
		if f.Enter() {
			t.Fatalf("before %s: there was a place", step.what)
		}
		f.Await(wake)
		if woken != i {
			t.Errorf("before %s: got %d calls, want %d", step.what, woken, i)
		}
		if step.after(); woken != i+1 {
			t.Errorf("when %s: got %d calls, want %d", step.what, woken, i+1)
		}
	}
}

// Who was told to wait, and isn't to by the time that it does, looks again.
func TestFrontWaitsForNothing(t *testing.T) {
	for name, process := range map[string]*Room{"full listener": nil, "full process": {}} {
		t.Run(name, func(t *testing.T) {
			settings := Settings{MaxConnections: 1}
			if process != nil {
				process.Limit(1)
				settings.MaxConnections = 0
			}
			f := front(service(), settings, process)
			f.Enter()
			if f.Enter() || f.When() != Wait {
				t.Fatal("there is no need to wait")
			}
			settings.WhenFull = Close
			f.Configure(service(), settings)
			woken := 0
			f.Await(func() { woken++ })
			if woken != 1 {
				t.Errorf("got %d calls, want 1 at once", woken)
			}
		})
	}
}

// A listener that is full takes no place from another, not even for the moment in which
// it finds that out.
func TestFullListenerIsInNobodysWay(t *testing.T) {
	var process Room
	process.Limit(2)
	full := front(service(), Settings{MaxConnections: 1}, &process)
	other := front(service(), Settings{}, &process)
	full.Enter()
	var g sync.WaitGroup
	for range 4 {
		g.Go(func() {
			for range 20_000 {
				full.Enter()
			}
		})
	}
	for range 20_000 {
		if !other.Enter() {
			t.Error("no place though there is one")
			break
		}
		other.Left()
	}
	g.Wait()
}

// One who waits in a queue that is about to be lost is let in, and leaves as all do.
func TestFrontCrowds(t *testing.T) {
	var process Room
	process.Limit(1)
	f := front(service(), Settings{MaxConnections: 1}, &process)
	f.Enter()
	f.Crowd()
	s, ok := f.Admit(someone)
	if !ok || process.Used() != 2 {
		t.Errorf("got %v and %d places taken, want it let in, and 2", ok, process.Used())
	}
	f.Left()
	if f.Enter() {
		t.Error("got a place while the crowd fills the room")
	}
	f.Leave(someone, s)
	if !f.Enter() {
		t.Error("got no place once all had left")
	}
}

// Each line has its own measure: many of one kind don't hide the other.
func TestFrontWarns(t *testing.T) {
	var out bytes.Buffer
	log := hclog.New(&hclog.LoggerOptions{Output: &out})
	f := NewFront("front", service(), Settings{MaxConnectionsPerClient: 1, MaxConnections: 2}, nil, log)
	for range 3 {
		if f.Enter() {
			f.Admit(someone)
		}
	}
	f.Enter()
	f.TurnAway(another)
	f.TurnAway(someone)
	for _, want := range []string{"connection reset: this client has too many", "connection reset: no room for more: "} {
		if got := strings.Count(out.String(), want); got != 1 {
			t.Errorf("got %d lines %q, want 1:\n%s", got, want, out.String())
		}
	}
	if got := f.TooMany.Load(); got != 2 {
		t.Errorf("got %d turned away, want 2", got)
	}
}
