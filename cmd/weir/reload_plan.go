package main

import (
	"reflect"
	"slices"

	"weir/config"
)

// A plan is the difference between the configuration in force and the one to come.
type plan struct {
	log, catalog, process bool // these blocks are others

	services  []serviceChange  // those that stay, in the order of the next configuration, and new ones; then those removed
	listeners []listenerChange // the same
}

// A serviceChange is a service before and after: nil where there is none.
type serviceChange struct{ was, is *config.Service }

// A listenerChange is a listener before and after: nil where there is none. They are one if
// they have the same address or, failing that, the same name.
type listenerChange struct {
	was, is *config.Listener

	late bool // the address is bound anew, and can't be before another one of weir's own is given up
}

func (c serviceChange) changed() bool {
	return c.was != nil && c.is != nil && !reflect.DeepEqual(c.was, c.is)
}

// kept reports whether the socket stays.
func (c listenerChange) kept() bool { return c.was != nil && c.is != nil && c.was.Bind == c.is.Bind }

// moved reports whether it has another address now.
func (c listenerChange) moved() bool { return c.was != nil && c.is != nil && c.was.Bind != c.is.Bind }

func (c listenerChange) changed() bool { return c.was != nil && c.is != nil && *c.was != *c.is }

// difference finds what a reload has to do. Neither configuration may change as long as the
// plan is used.
func difference(was, is *config.Config) plan {
	return plan{
		log:       was.Log != is.Log,
		catalog:   !reflect.DeepEqual(was.Consul, is.Consul) || !reflect.DeepEqual(was.Files, is.Files),
		process:   was.Process != is.Process,
		services:  differentServices(was.Services, is.Services),
		listeners: differentListeners(was.Listeners, is.Listeners),
	}
}

func differentServices(was, is []config.Service) (changes []serviceChange) {
	for i := range is {
		c := serviceChange{is: &is[i]}
		if j := slices.IndexFunc(was, func(s config.Service) bool { return s.Name == is[i].Name }); j >= 0 {
			c.was = &was[j]
		}
		changes = append(changes, c)
	}
	for i := range was {
		if !slices.ContainsFunc(is, func(s config.Service) bool { return s.Name == was[i].Name }) {
			changes = append(changes, serviceChange{was: &was[i]})
		}
	}
	return changes
}

func differentListeners(was, is []config.Listener) []listenerChange {
	changes := make([]listenerChange, len(is))
	taken := make([]bool, len(was))
	for i := range is {
		changes[i].is = &is[i]
	}
	// "Any free port" is no address that another listener could go on with.
	for _, same := range []func(a, b *config.Listener) bool{
		func(a, b *config.Listener) bool { return a.Bind == b.Bind && a.Name == b.Name },
		func(a, b *config.Listener) bool {
			return a.Bind == b.Bind && (a.Bind.Path != "" || a.Bind.AddrPort.Port() != 0)
		},
		func(a, b *config.Listener) bool { return a.Name == b.Name },
	} {
		for i := range changes {
			for j := range was {
				if changes[i].was == nil && !taken[j] && same(&was[j], &is[i]) {
					changes[i].was, taken[j] = &was[j], true
				}
			}
		}
	}
	for j := range was {
		if !taken[j] {
			changes = append(changes, listenerChange{was: &was[j]})
		}
	}
	for i, c := range changes {
		changes[i].late = c.is != nil && !c.kept() && slices.ContainsFunc(changes, func(other listenerChange) bool {
			return other.was != nil && !other.kept() && other.was.Bind.Clashes(c.is.Bind)
		})
	}
	return changes
}
