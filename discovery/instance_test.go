package discovery

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestIdentityString(t *testing.T) {
	for want, id := range map[string]Identity{
		"n1/web-1": {Datacenter: "dc7", Partition: "east", Namespace: "shop", Node: "n1", Service: "web-1"},
		"web-2":    {Service: "web-2"}, // from a service file
	} {
		if got := id.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestWeightByStatus(t *testing.T) {
	for status, want := range map[Status]int{Unknown: 0, Passing: 5, Warning: 2, Critical: 0, Maintenance: 0} {
		if got := (Instance{Passing: 5, Warning: 2, Status: status}).Weight(); got != want {
			t.Errorf("%v: got %d, want %d", status, got, want)
		}
	}
}

// The same service ID on two nodes, or in two namespaces, is two instances.
func TestNewSetOrderAndIdentity(t *testing.T) {
	sorted := []Instance{
		{Identity: Identity{Node: "n1", Service: "a"}, Port: 1},
		{Identity: Identity{Node: "n1", Service: "b"}, Port: 2},
		{Identity: Identity{Node: "n2", Service: "a"}, Port: 3},
		{Identity: Identity{Node: "n2", Service: "a", Namespace: "shop"}, Port: 4},
		{Identity: Identity{Node: "n2", Service: "a", Partition: "east"}, Port: 5},
		{Identity: Identity{Node: "n2", Service: "a", Datacenter: "dc7"}, Port: 6},
	}
	for range 50 {
		mixed := slices.Clone(sorted)
		rand.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		s := NewSet(mixed, time.Time{})
		if !slices.Equal(s.Instances, sorted) {
			t.Fatalf("got %v, want %v", s.Instances, sorted)
		}
		for _, want := range sorted {
			if got, ok := s.find(want.Identity); !ok || got != want {
				t.Errorf("find %+v: got port %d, %v", want.Identity, got.Port, ok)
			}
		}
	}
}

func TestNewSetKeepsTheFirstOfTwo(t *testing.T) {
	id, other := Identity{Node: "n1", Service: "b"}, Identity{Node: "n1", Service: "a"}
	s := NewSet([]Instance{{Identity: id, Port: 7}, {Identity: other, Port: 8}, {Identity: id, Port: 9}}, time.Time{})
	if len(s.Instances) != 2 || s.Instances[0].Port != 8 || s.Instances[1].Port != 7 {
		t.Errorf("got %v, want a on port 8 and b on 7", s.Instances)
	}
}

func TestSetEqual(t *testing.T) {
	a := Instance{Identity: Identity{Node: "n1", Service: "a"}, Host: "10.0.0.1", Port: 80, Passing: 5, Warning: 2, Status: Passing}
	of := func(change func(*Instance)) *Set {
		i := a
		change(&i)
		return NewSet([]Instance{i}, time.Unix(7, 0))
	}
	base := NewSet([]Instance{a}, time.Unix(1, 0))
	if !base.Equal(of(func(*Instance) {})) {
		t.Error("learnt at another time: got unequal, want equal")
	}
	for what, s := range map[string]*Set{
		"host":            of(func(i *Instance) { i.Host = "10.0.0.2" }),
		"port":            of(func(i *Instance) { i.Port = 81 }),
		"passing weight":  of(func(i *Instance) { i.Passing = 6 }),
		"warning weight":  of(func(i *Instance) { i.Warning = 3 }),
		"status":          of(func(i *Instance) { i.Status = Warning }),
		"namespace":       of(func(i *Instance) { i.Namespace = "shop" }),
		"no instances":    NewSet(nil, time.Time{}),
		"one more":        NewSet([]Instance{a, {Identity: Identity{Service: "z"}}}, time.Time{}),
		"unverified":      {Instances: base.Instances, Unverified: true},
		"never had a set": nil,
	} {
		if base.Equal(s) || s.Equal(base) {
			t.Errorf("%s: got equal, want unequal", what)
		}
	}
	var never *Set
	if never.Equal(NewSet(nil, time.Time{})) {
		t.Error("never and empty: got equal; an absent answer is not an empty one")
	}
	if !never.Equal(nil) {
		t.Error("never and never: got unequal, want equal")
	}
	if _, ok := never.find(a.Identity); ok {
		t.Error("find in no set: got an instance")
	}
}

func TestWalk(t *testing.T) {
	in := func(name string, port int) *Instance {
		return &Instance{Identity: Identity{Node: "n", Service: name}, Port: port}
	}
	set := NewSet([]Instance{*in("b", 1), *in("d", 2), *in("e", 3), *in("h", 4)}, time.Time{})
	same, to := set.Walk(), set.Walk()
	for _, step := range []struct {
		name string
		port int
		at   int // none: -1
	}{
		{"a", 1, -1}, {"b", 1, 0}, {"b", 1, 0}, {"b", 9, -1}, {"c", 1, -1}, {"d", 3, -1}, {"d", 2, 1},
		{"f", 1, -1}, {"g", 1, -1}, {"h", 4, 3}, {"i", 1, -1}, {"j", 1, -1},
	} {
		ask := in(step.name, step.port)
		at, ok := same.Same(ask)
		if !ok {
			at = -1
		}
		if at != step.at {
			t.Errorf("same %s:%d: got place %d, want %d", step.name, step.port, at, step.at)
		}
		want, known := set.find(ask.Identity)
		if got := to.to(&ask.Identity); (got != nil) != known || known && *got != want {
			t.Errorf("to %s: got %v, want %v, %v", step.name, got, want, known)
		}
	}
	if _, ok := (*Set)(nil).Walk().Same(in("a", 1)); ok {
		t.Error("a nil set has no instances")
	}
}

// Sorted or not, and with identities more than once: the first stays.
func TestNewSetInAnyOrder(t *testing.T) {
	in := func(name string, port int) Instance { return Instance{Identity: Identity{Service: name}, Port: port} }
	want := []Instance{in("a", 1), in("b", 2), in("c", 3)}
	for _, list := range [][]Instance{
		{in("a", 1), in("b", 2), in("c", 3)},
		{in("a", 1), in("b", 2), in("b", 9), in("c", 3)},
		{in("c", 3), in("a", 1), in("b", 2)},
		{in("a", 1), in("c", 3), in("b", 2), in("a", 9)},
	} {
		if got := NewSet(slices.Clone(list), time.Time{}); !slices.Equal(got.Instances, want) {
			t.Errorf("of %v: got %v, want %v", list, got.Instances, want)
		}
	}
}
