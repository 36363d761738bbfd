package main

import (
	"context"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"weir/balance"
	"weir/config"
	"weir/discovery"
	"weir/health"
)

// What is the same in two sets keeps its verdict, wherever it stands; what is new or
// another has none.
func TestRosterKeepsVerdicts(t *testing.T) {
	sets := map[string]func([]discovery.Instance) []discovery.Instance{
		"the same":     func(l []discovery.Instance) []discovery.Instance { return l },
		"another":      func(l []discovery.Instance) []discovery.Instance { l[2].Passing++; l[3].Host = "10.9.9.9"; return l },
		"the last two": func(l []discovery.Instance) []discovery.Instance { l[6].Port++; return l[:7] },
		"fewer":        func(l []discovery.Instance) []discovery.Instance { l[1].Port++; return slices.Delete(l, 3, 5) },
		"more": func(l []discovery.Instance) []discovery.Instance {
			l[7].Port++
			return append(l, instances(11).Instances[8:]...)
		},
		"others": func([]discovery.Instance) []discovery.Instance { return instances(20).Instances[9:] },
		"none":   func([]discovery.Instance) []discovery.Instance { return nil },
		"shifted": func(l []discovery.Instance) []discovery.Instance {
			l[5].Passing++
			l[6].Service += "x"
			return slices.Insert(slices.Delete(l, 0, 1), 4, discovery.Instance{Identity: discovery.Identity{Datacenter: "dc1", Node: "node-4", Service: "a"}, Host: "10.1.1.1"})
		},
	}
	for name, change := range sets {
		before := instances(8)
		after := discovery.NewSet(change(slices.Clone(before.Instances)), time.Now())
		r := newRoster("")
		r.fill(before)
		for i := range r.members {
			r.members[i].Heartbeat = balance.Up
		}
		r.fill(after)
		kept := 0
		for i, in := range after.Instances {
			m := r.members[i]
			want := member(&in)
			if slices.Contains(before.Instances, in) {
				want.Heartbeat = balance.Up
				kept++
			}
			if m != want {
				t.Errorf("%s, %v: got %+v, want %+v", name, in, m, want)
			}
			if target := (health.Target{Name: m.Name, Addr: m.Addr}); r.targets[i] != target {
				t.Errorf("%s, %v: got target %v, want %v", name, in, r.targets[i], target)
			}
		}
		if got, want := len(r.members), len(after.Instances); got != want || len(r.targets) != want {
			t.Errorf("%s: got %d members, %d targets, want %d", name, got, len(r.targets), want)
		}
		t.Logf("%s: %d of %d kept", name, kept, len(after.Instances))
	}
}

// What comes from the disk nobody vouches for but its heartbeat, until the catalog does.
func TestRosterOfUnverifiedSet(t *testing.T) {
	verified := instances(3)
	unverified := &discovery.Set{Instances: verified.Instances, Unverified: true}
	r := newRoster("")
	for _, set := range []*discovery.Set{unverified, verified, unverified} {
		r.fill(set)
		if len(r.members) != 3 || len(r.targets) != 3 {
			t.Fatalf("got %d members, %d targets, want 3", len(r.members), len(r.targets))
		}
		for _, m := range r.members {
			if m.Held != set.Unverified {
				t.Errorf("%s, unverified %v: got held %v", m.Name, set.Unverified, m.Held)
			}
		}
		if r.held != 0 {
			t.Errorf("held: got %d, want 0: nothing has vanished", r.held)
		}
	}
}

// A verdict counts whether or not the set is new with it.
func TestUpdateHearsVerdicts(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	in := discovery.Instance{
		Identity: discovery.Identity{Service: "web-1"}, Passing: 1, Status: discovery.Passing,
		Host: "127.0.0.1", Port: ln.Addr().(*net.TCPAddr).Port,
	}
	set := func(others ...discovery.Instance) *discovery.Set {
		return discovery.NewSet(append(others, in), time.Now())
	}
	s := newService(config.Service{
		Name: "web", HealthyWhen: config.HealthyBoth, Balance: config.WeightedRoundRobin,
		Heartbeat: &config.Heartbeat{Type: config.TCP, Interval: 100 * time.Millisecond, Timeout: 90 * time.Millisecond, Rise: 1, Fall: 1},
	}, nil, health.NewLimiter(4), hclog.NewNullLogger())
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { s.checker.Run(ctx) })

	s.tiers[0].feed.Publish(set())
	for s.update(time.Now()); s.pool.Snapshot().Len() == 0; s.update(time.Now()) {
		<-s.checker.Changed()
		s.heard = true // as follow notes it
	}
	ln.Close()
	for s.checker.State(s.tiers[0].roster.targets[0]) != health.Down {
		<-s.checker.Changed()
	}
	s.heard = true
	other := in
	other.Service, other.Port = "a", 1
	s.tiers[0].feed.Publish(set(other)) // web-1 is the same in it
	s.update(time.Now())
	if s.guards.Load().panic.IsZero() {
		t.Error("got no panic after the heartbeat of the only one had failed")
	}
}
