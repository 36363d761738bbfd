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
	set     *discovery.Set
	members []balance.Member // the set's instances, in its order
	targets []health.Target  // the members'
}

func newRoster() *roster { return &roster{set: &discovery.Set{}} }

// fill makes r the roster of set. What is the same as before, as nearly all of thousands
// is, stays with its verdict.
func (r *roster) fill(set *discovery.Set) {
	before := r.set
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
		r.members[place], r.targets[place] = enlist(is)
	}
	members, targets := slices.Clone(r.members[place:]), slices.Clone(r.targets[place:])
	r.members, r.targets = r.members[:place], r.targets[:place]
	walk := before.Walk()
	for i := place; i < len(set.Instances); i++ {
		m, t := balance.Member{}, health.Target{}
		if at, ok := walk.Same(&set.Instances[i]); ok {
			m, t = members[at-place], targets[at-place]
		} else {
			m, t = enlist(&set.Instances[i])
		}
		r.members, r.targets = append(r.members, m), append(r.targets, t)
	}
}

// enlist is an instance without a verdict. Resolve lets only addresses through.
func enlist(in *discovery.Instance) (balance.Member, health.Target) {
	m := member(*in, netip.AddrPortFrom(netip.MustParseAddr(in.Host), uint16(in.Port)))
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

func member(in discovery.Instance, addr netip.AddrPort) balance.Member {
	m := balance.Member{Name: in.Identity.String(), Addr: addr, CatalogWeight: in.Weight(), HeartbeatWeight: in.Passing}
	if in.Status == discovery.Maintenance {
		m.HeartbeatWeight = 0
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
