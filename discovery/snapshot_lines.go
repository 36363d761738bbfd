package discovery

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// A storedQuery is what of a query decides on the catalog's answer. The agent's address is no
// part of it: another agent of the datacenter says the same.
type storedQuery struct {
	Service    string   `json:"service"`
	Tags       []string `json:"tags,omitempty"` // sorted
	Filter     string   `json:"filter,omitempty"`
	Datacenter string   `json:"datacenter,omitempty"`
	Namespace  string   `json:"namespace,omitempty"`
	Partition  string   `json:"partition,omitempty"`
}

func newStoredQuery(q Query, o SnapshotOptions) storedQuery {
	return storedQuery{
		Service:    q.Service,
		Tags:       slices.Sorted(slices.Values(q.Tags)),
		Filter:     q.Filter,
		Datacenter: cmp.Or(q.Datacenter, o.Datacenter),
		Namespace:  o.Namespace,
		Partition:  o.Partition,
	}
}

// selects reports whether both ask for the same instances of a service, be it in another place.
func (q *storedQuery) selects(o *storedQuery) bool {
	return q.Service == o.Service && q.Filter == o.Filter && slices.Equal(q.Tags, o.Tags)
}

func (q *storedQuery) equal(o *storedQuery) bool {
	return q.selects(o) && q.Datacenter == o.Datacenter && q.Namespace == o.Namespace && q.Partition == o.Partition
}

// key tells queries apart.
func (q storedQuery) key() string {
	b, _ := json.Marshal(q) // strings always can
	return string(b)
}

type storedSetLine struct {
	Query     storedQuery `json:"query"`
	Confirmed time.Time   `json:"confirmed"`
	Instances int         `json:"instances"`
}

// A storedInstance says of a held instance that it is one: the catalog has it no longer, and
// while it is silent its heartbeat alone speaks for it, after a restart as before.
type storedInstance struct {
	Node       string `json:"node,omitempty"`
	ID         string `json:"id"`
	Datacenter string `json:"datacenter,omitempty"`
	Namespace  string `json:"namespace,omitempty"`
	Partition  string `json:"partition,omitempty"`
	Host       string `json:"host"`
	Port       int    `json:"port"`
	Passing    int    `json:"passing"`
	Warning    int    `json:"warning"`
	Status     string `json:"status"`
	Held       bool   `json:"held,omitempty"`
}

func newStoredInstance(in *Instance) storedInstance {
	return storedInstance{
		Node:       in.Node,
		ID:         in.Service,
		Datacenter: in.Datacenter,
		Namespace:  in.Namespace,
		Partition:  in.Partition,
		Host:       in.Host,
		Port:       in.Port,
		Passing:    in.Passing,
		Warning:    in.Warning,
		Status:     in.Status.String(),
		Held:       in.Held,
	}
}

// instance holds to what a catalog's instances hold to.
func (s *storedInstance) instance() (Instance, error) {
	in := Instance{
		Identity: Identity{
			Datacenter: s.Datacenter,
			Partition:  s.Partition,
			Namespace:  s.Namespace,
			Node:       s.Node,
			Service:    s.ID,
		},
		Host:    s.Host,
		Port:    s.Port,
		Passing: s.Passing,
		Warning: s.Warning,
		Held:    s.Held,
	}
	for in.Status.String() != s.Status {
		if in.Status == Maintenance {
			return in, fmt.Errorf("%s has a status %q", in.Identity, s.Status)
		}
		in.Status++
	}
	switch why := badAddress(in.Host); {
	case why != "":
		return in, fmt.Errorf("%s: its address %q %s", in.Identity, in.Host, why)
	case in.Port < 1 || in.Port > 65535:
		return in, fmt.Errorf("%s: its port %d is none", in.Identity, in.Port)
	case in.Passing != bound(in.Passing) || in.Warning != bound(in.Warning):
		return in, fmt.Errorf("%s: its weights are not in 0..%d", in.Identity, maxWeight)
	}
	return in, nil
}
