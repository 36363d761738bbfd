package discovery

import (
	"strings"

	"github.com/hashicorp/consul/api"
	"github.com/hashicorp/go-bexpr"
	"github.com/hashicorp/go-hclog"
)

// A matcher picks the instances of one query out of all definitions.
type matcher struct {
	query  Query
	filter *bexpr.Evaluator // nil: none
	broken string           // the trouble with the filter, once logged
	log    hclog.Logger
}

func newMatcher(q Query, log hclog.Logger) *matcher {
	m := &matcher{query: q, log: log}
	if q.Filter == "" {
		return m
	}
	filter, err := bexpr.CreateEvaluator(q.Filter)
	if err == nil {
		m.filter = filter
		// An unknown selector is reported at once, not when the first instance comes.
		_, err = filter.Evaluate(newFiltered(definition{}))
	}
	m.note(err)
	return m
}

// match builds the set. It is false as long as there is no good scan, and when
// the filter can't be evaluated: the set in force then stays.
func (m *matcher) match(s scanned) (*Set, bool) {
	if s.at.IsZero() || m.query.Filter != "" && m.filter == nil {
		return nil, false
	}
	var list []Instance
	for _, def := range s.definitions {
		// Consul, too, finds a service whatever the case of its name.
		if def.skip != "" || !strings.EqualFold(def.service, m.query.Service) || !hasTags(def.tags, m.query.Tags) {
			continue
		}
		if m.filter != nil {
			ok, err := m.filter.Evaluate(newFiltered(def))
			if err != nil {
				m.note(err)
				return nil, false
			}
			if !ok {
				continue
			}
		}
		list = append(list, def.instance)
	}
	return NewSet(list, s.at), true
}

// note logs a broken filter once: it stays broken.
func (m *matcher) note(err error) {
	if err != nil && m.broken != err.Error() {
		m.broken = err.Error()
		m.log.Error("filter can't be evaluated, the service's instances stay as they are", "filter", m.query.Filter, "error", err)
	}
}

// filtered is what a filter sees of a definition. It has the selectors of
// api.ServiceEntry, so that an expression means here what it means in Consul.
// Checks is a map because a selector into it then finds nothing, as it does in
// Consul's list when that is empty; into a list it would be an error.
type filtered struct {
	Node    *api.Node
	Service *api.AgentService
	Checks  map[string]string
}

func newFiltered(def definition) filtered {
	in := def.instance
	return filtered{
		Node: &api.Node{Meta: map[string]string{}},
		Service: &api.AgentService{
			ID:      in.Service,
			Service: def.service,
			Tags:    def.tags,
			Meta:    def.meta,
			Address: in.Host,
			Port:    in.Port,
			Weights: api.AgentWeights{Passing: in.Passing, Warning: in.Warning},
		},
		Checks: map[string]string{},
	}
}
