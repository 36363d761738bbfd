package operate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A plan is a configuration as a value, so that a step can change one thing of it.
type plan struct {
	process   string // keys, as in the following
	catalog   string
	services  map[string]servicePlan
	listeners map[string]listenerPlan
	raw       string // what no plan can hold: mistakes
}

type servicePlan struct {
	keys      string
	heartbeat string // keys; "none": no heartbeats
}

type listenerPlan struct{ bind, service, keys string }

// copy is one that can be changed by itself.
func (p plan) copy() plan {
	p.services, p.listeners = maps.Clone(p.services), maps.Clone(p.listeners)
	return p
}

// text is the file, but for its head.
func (p plan) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "process {\n%s\n}\n%s\n", p.process, p.catalog)
	for _, name := range slices.Sorted(maps.Keys(p.services)) {
		s := p.services[name]
		fmt.Fprintf(&b, "service %q {\n%s\n", name, s.keys)
		if s.heartbeat != "none" {
			fmt.Fprintf(&b, "heartbeat {\n%s\n}\n", s.heartbeat)
		}
		b.WriteString("}\n")
	}
	for _, name := range slices.Sorted(maps.Keys(p.listeners)) {
		l := p.listeners[name]
		fmt.Fprintf(&b, "listener %q {\nbind = %q\nservice = %q\n%s\n}\n", name, l.bind, l.service, l.keys)
	}
	return b.String() + p.raw
}
