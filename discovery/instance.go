package discovery

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Status is what the catalog says of an instance, its node's checks included.
type Status uint8

const (
	Unknown Status = iota // a status of no known name: what was known before stays
	Passing
	Warning
	Critical
	Maintenance
)

func (s Status) String() string {
	return [...]string{"unknown", "passing", "warning", "critical", "maintenance"}[s]
}

// Identity tells instances apart: a service ID is unique only on its node
// (consul.md, rule 10).
type Identity struct {
	Datacenter, Partition, Namespace, Node string

	Service string // the service's ID, not its name
}

// String is "node/service-id", the name used in logs. Service files have no node.
func (id Identity) String() string {
	if id.Node == "" {
		return id.Service
	}
	return id.Node + "/" + id.Service
}

func (id *Identity) compare(o *Identity) int {
	if c := strings.Compare(id.Node, o.Node); c != 0 {
		return c
	}
	if c := strings.Compare(id.Service, o.Service); c != 0 {
		return c
	}
	return cmp.Or(
		strings.Compare(id.Datacenter, o.Datacenter),
		strings.Compare(id.Partition, o.Partition),
		strings.Compare(id.Namespace, o.Namespace),
	)
}

// An Instance is one registration of a service. Two are equal when they look
// the same to a balancer.
type Instance struct {
	Identity
	Host string // an IP address, or a name that Resolve turns into one
	Port int

	Passing, Warning int // weights by status; 0 takes no new connections

	Status Status

	// Held: the catalog has it no longer, and isn't believed yet (consul.md, rule 12).
	Held bool
}

// Weight is the instance's weight by its status; 0 means no new connections
// (consul.md, rule 9).
func (i Instance) Weight() int {
	switch i.Status {
	case Passing:
		return i.Passing
	case Warning:
		return i.Warning
	}
	return 0
}

// A Set is all instances of a service at one moment. It is immutable.
type Set struct {
	Instances []Instance // sorted by identity, each identity once
	Learnt    time.Time  // when the catalog gave this content

	// Unverified: it comes from the disk, and the catalog hasn't answered since (rule 14).
	Unverified bool
}

// NewSet takes ownership of instances, which may be in any order. Of two with
// one identity the first is kept.
func NewSet(instances []Instance, learnt time.Time) *Set {
	for i := 1; i < len(instances); i++ { // Consul's answers are sorted
		if instances[i-1].compare(&instances[i].Identity) < 0 {
			continue
		}
		slices.SortStableFunc(instances, func(a, b Instance) int { return a.compare(&b.Identity) })
		instances = slices.CompactFunc(instances, func(a, b Instance) bool { return a.Identity == b.Identity })
		break
	}
	return &Set{Instances: instances, Learnt: learnt}
}

// Equal reports whether both hold the same instances, whenever learnt, and are as sure
// of them. A nil set, which was never learnt, equals only nil.
func (s *Set) Equal(o *Set) bool {
	if s == nil || o == nil || s == o {
		return s == o
	}
	return s.Unverified == o.Unverified && slices.Equal(s.Instances, o.Instances)
}

// find returns the instance of that identity. A nil set has none.
func (s *Set) find(id Identity) (Instance, bool) {
	if s == nil {
		return Instance{}, false
	}
	i, ok := slices.BinarySearchFunc(s.Instances, id, func(i Instance, id Identity) int { return i.compare(&id) })
	if !ok {
		return Instance{}, false
	}
	return s.Instances[i], true
}

// Walk begins a walk through the set in its order. A nil set has no instances.
func (s *Set) Walk() *Walk {
	if s == nil {
		return &Walk{}
	}
	return &Walk{list: s.Instances}
}

// A Walk finds in a set what another in the same order asks for, without a search. What
// is asked for out of order it may miss.
type Walk struct {
	list []Instance
	at   int
}

// Same returns the place of an instance that is equal to in; false if there is none.
func (w *Walk) Same(in *Instance) (at int, ok bool) {
	for ; w.at < len(w.list); w.at++ {
		next := &w.list[w.at]
		if *next == *in {
			return w.at, true
		}
		if next.compare(&in.Identity) >= 0 {
			break
		}
	}
	return 0, false
}

// to returns the instance of that identity, nil if there is none.
func (w *Walk) to(id *Identity) *Instance {
	for ; w.at < len(w.list); w.at++ {
		next := &w.list[w.at]
		if next.Identity == *id {
			return next
		}
		if next.compare(id) > 0 {
			break
		}
	}
	return nil
}
