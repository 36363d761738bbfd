package scripted

import (
	"math"

	"github.com/hashicorp/consul/api"
)

// Faults of what the list says. Each is a whole answer in good form.
var (
	// EmptyAtOne is what a view answers that was reset: an empty list at index 1.
	EmptyAtOne = Fault{Name: "[] at index 1", spoil: func(r *reply, _ *begun) { r.empty(1) }}

	// EmptyAtSame is what a view answers whose token lost its rights.
	EmptyAtSame = Fault{Name: "[] at the same index", spoil: func(r *reply, _ *begun) { r.empty(max(r.index, r.query.index)) }}

	// EmptyAhead is what a cluster that lost its services answers. They are back at its end.
	EmptyAhead = Fault{Name: "[] at a higher index", moves: true, spoil: func(r *reply, _ *begun) { r.empty(r.index) }}

	// Filtered leaves out half of the instances, and says that ACLs did.
	Filtered = Fault{Name: "filtered by ACLs", spoil: func(r *reply, _ *begun) {
		r.entries = r.entries[:len(r.entries)/2]
		r.header.Set(filteredHeader, "true")
	}}

	FilteredToNothing = Fault{Name: "filtered by ACLs to nothing", spoil: func(r *reply, _ *begun) {
		r.entries = nil
		r.empty(max(r.index, r.query.index))
		r.header.Set(filteredHeader, "true")
	}}

	// Duplicates has every instance three times, the last time elsewhere.
	Duplicates = Fault{Name: "duplicate entries", spoil: func(r *reply, _ *begun) {
		moved := make([]*api.ServiceEntry, 0, len(r.entries))
		for _, e := range r.entries {
			s := *e.Service
			s.Address = "192.0.2.1" // nobody is there
			moved = append(moved, &api.ServiceEntry{Node: e.Node, Service: &s, Checks: e.Checks})
		}
		r.entries = append(append(r.entries, r.entries...), moved...)
	}}

	UnknownStatus = Fault{Name: "unknown status", spoil: func(r *reply, _ *begun) {
		for _, e := range r.entries {
			for _, check := range e.Checks {
				check.Status = "confused"
			}
		}
	}}

	WildPorts = wild("ports out of bounds", func(s *api.AgentService, n int) { s.Port = n })

	WildWeights = wild("weights out of bounds", func(s *api.AgentService, n int) {
		s.Weights = api.AgentWeights{Passing: n, Warning: n}
	})

	NegativeWeights = Fault{Name: "negative weights", spoil: func(r *reply, _ *begun) {
		for _, e := range r.entries {
			e.Service.Weights = api.AgentWeights{Passing: -1, Warning: -1}
		}
	}}
)

// AnswerOf answers with what is true of another service.
func AnswerOf(service string) Fault {
	return Fault{Name: "answer of another service", spoil: func(r *reply, _ *begun) {
		r.consul.mu.Lock()
		defer r.consul.mu.Unlock()
		if r.query.kind != Pulse {
			r.entries = r.consul.entries(service)
		}
	}}
}

func wild(name string, set func(*api.AgentService, int)) Fault {
	numbers := []int{-1, 70_000, math.MaxInt64, math.MinInt64}
	return Fault{Name: name, spoil: func(r *reply, _ *begun) {
		for i, e := range r.entries {
			set(e.Service, numbers[i%len(numbers)])
		}
	}}
}

// empty says that there is nothing, to a pulse that there is no leader.
func (r *reply) empty(index uint64) {
	r.setIndex(index)
	r.body = []byte("[]")
	if r.query.kind == Pulse {
		r.body = []byte(`""`)
	}
}
