package main

import (
	"net/netip"
	"slices"

	"weir/balance"
	"weir/discovery"
	"weir/health"
)

// A roster is a set as the pool and the checker see it.
type roster struct {
	prefix  string // of its members' names
	set     *discovery.Set
	members []balance.Member // the set's instances, in its order
	targets []health.Target  // the members'
	held    int              // how many of them the catalog has lost
}

func newRoster(prefix string) *roster { return &roster{prefix: prefix, set: &discovery.Set{}} }

// fill makes r the roster of set. What is the same as before, as nearly all of thousands
// is, stays with its verdict.
func (r *roster) fill(set *discovery.Set) {
	before := r.set
	if before.Unverified != set.Unverified {
		before, r.members, r.targets = &discovery.Set{}, nil, nil
	}
	r.set = set
	place := 0 // up to where each is where it was
	for ; place < min(len(before.Instances), len(set.Instances)); place++ {
		is, was := &set.Instances[place], &before.Instances[place]
		if *is == *was {
			continue
		}
		if is.Identity != was.Identity {
			break
		}
		r.members[place], r.targets[place] = r.enlist(is)
	}
	members, targets := slices.Clone(r.members[place:]), slices.Clone(r.targets[place:])
	r.members, r.targets = r.members[:place], r.targets[:place]
	walk := before.Walk()
	for i := place; i < len(set.Instances); i++ {
		m, t := balance.Member{}, health.Target{}
		if at, ok := walk.Same(&set.Instances[i]); ok {
			m, t = members[at-place], targets[at-place]
		} else {
			m, t = r.enlist(&set.Instances[i])
		}
		r.members, r.targets = append(r.members, m), append(r.targets, t)
	}
	r.held = held(set)
}

// held is how many instances of a set the catalog has lost.
func held(set *discovery.Set) (n int) {
	for i := range set.Instances {
		if set.Instances[i].Held {
			n++
		}
	}
	return n
}

// enlist is an instance without a verdict. Resolve lets only addresses through.
func (r *roster) enlist(in *discovery.Instance) (balance.Member, health.Target) {
	m := member(in)
	m.Name = r.prefix + m.Name
	m.Held = m.Held || r.set.Unverified
	return m, health.Target{Name: m.Name, Addr: m.Addr}
}

// hear enters the verdicts: all that may have changed, or else those not known yet. It
// reports whether all are known.
func (r *roster) hear(checker *health.Checker, all bool) (known bool) {
	known = true
	for i := range r.members {
		m := &r.members[i]
		if all || m.Heartbeat == balance.Unproven {
			m.Heartbeat = heartbeat(checker.State(r.targets[i]))
		}
		known = known && m.Heartbeat != balance.Unproven
	}
	return known
}

// unproven reports whether there is an instance without a verdict.
func (r *roster) unproven() bool {
	return slices.ContainsFunc(r.members, func(m balance.Member) bool { return m.Heartbeat == balance.Unproven })
}

// forget takes back all verdicts.
func (r *roster) forget() {
	for i := range r.members {
		r.members[i].Heartbeat = balance.Unproven
	}
}

func member(in *discovery.Instance) balance.Member {
	m := balance.Member{
		Name:          in.Identity.String(),
		Addr:          netip.AddrPortFrom(netip.MustParseAddr(in.Host), uint16(in.Port)),
		CatalogWeight: in.Weight(),
		Held:          in.Held,
	}
	switch in.Status {
	case discovery.Maintenance:
	case discovery.Warning:
		m.HeartbeatWeight, m.PanicWeight = in.Passing, in.Warning
	default:
		m.HeartbeatWeight, m.PanicWeight = in.Passing, in.Passing
	}
	return m
}

func heartbeat(s health.State) balance.Heartbeat {
	switch s {
	case health.Up:
		return balance.Up
	case health.Down:
		return balance.Down
	}
	return balance.Unproven
}
