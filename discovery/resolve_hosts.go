package discovery

import (
	"errors"
	"net/netip"
	"slices"
	"time"

	"github.com/hashicorp/go-hclog"
)

// hosts is what is known of the host names of one service. It does no I/O and
// has one user.
type hosts struct {
	names map[string]*host
	last  []Instance // that keep was given
	log   hclog.Logger
}

type host struct {
	addr   netip.Addr    // the last good one; not valid: there never was any
	asking bool          // a lookup is under way
	asked  bool          // one has ended
	failed bool          // the last one did
	again  time.Time     // when to look up next, while not asking
	wait   time.Duration // after the last failure, as long as there is no address
}

func newHosts(log hclog.Logger) *hosts { return &hosts{names: map[string]*host{}, log: log} }

// keep takes in the host names of the set and forgets others.
func (h *hosts) keep(set *Set) {
	wanted := map[string]bool{}
	for i := range set.Instances {
		in := &set.Instances[i]
		if i < len(h.last) && h.last[i].Host == in.Host && h.names[in.Host] == nil {
			continue // it was an address, and still is
		}
		if _, err := netip.ParseAddr(in.Host); err == nil {
			continue
		}
		wanted[in.Host] = true
		if h.names[in.Host] == nil {
			h.names[in.Host] = &host{} // due at once
		}
	}
	h.last = set.Instances
	for name := range h.names {
		if !wanted[name] {
			delete(h.names, name)
		}
	}
}

// due returns the hosts to look up now. Each must end in answered.
func (h *hosts) due(now time.Time) []string {
	var list []string
	for name, n := range h.names {
		if !n.asking && !n.again.After(now) {
			n.asking = true
			list = append(list, name)
		}
	}
	return list
}

// next is when a host will be due; false if all wait for an answer.
func (h *hosts) next() (time.Time, bool) {
	var at time.Time
	for _, n := range h.names {
		if !n.asking && (at.IsZero() || n.again.Before(at)) {
			at = n.again
		}
	}
	return at, !at.IsZero()
}

var errNoAddress = errors.New("no address")

// answered takes in the end of a lookup, and reports whether that may change
// the set. Of several addresses the one in use is kept: resolvers turn their
// lists round.
func (h *hosts) answered(a lookupAnswer, now time.Time) bool {
	n := h.names[a.host]
	if n == nil {
		return false // gone meanwhile
	}
	first, was := !n.asked, n.addr
	n.asking, n.asked = false, true
	usable := usableAddrs(a.addrs)
	if a.err == nil && len(usable) == 0 {
		a.err = errNoAddress
	}
	if a.err != nil {
		h.failed(a.host, n, a.err, now)
		return first
	}
	if !slices.Contains(usable, n.addr) {
		n.addr = usable[0]
	}
	if n.failed {
		h.log.Info("host name resolves again", "host", a.host, "address", n.addr.String())
	}
	n.failed, n.wait = false, 0
	n.again = now.Add(lookupEvery)
	return n.addr != was
}

func (h *hosts) failed(name string, n *host, err error, now time.Time) {
	if !n.failed {
		if n.addr.IsValid() {
			h.log.Warn("host name can't be resolved, its last address stays", "host", name, "address", n.addr.String(), "error", err)
		} else {
			h.log.Warn("host name can't be resolved, its instances are left out", "host", name, "error", err)
		}
	}
	n.failed = true
	if n.addr.IsValid() {
		n.again = now.Add(lookupEvery)
		return
	}
	n.wait = min(max(lookupRetry, 2*n.wait), lookupEvery)
	n.again = now.Add(n.wait)
}

func usableAddrs(addrs []netip.Addr) []netip.Addr {
	var list []netip.Addr
	for _, a := range addrs {
		if a = a.Unmap(); a.IsValid() && !a.IsUnspecified() {
			list = append(list, a)
		}
	}
	return list
}

// resolve puts addresses in the place of names. It is false when the set would
// be empty only because first lookups are still under way.
func (h *hosts) resolve(set *Set) (*Set, bool) {
	if len(h.names) == 0 {
		return set, true
	}
	list := make([]Instance, 0, len(set.Instances))
	waiting := false
	for _, in := range set.Instances {
		if n := h.names[in.Host]; n != nil {
			if !n.addr.IsValid() {
				waiting = waiting || !n.asked
				continue
			}
			in.Host = n.addr.String()
		}
		list = append(list, in)
	}
	resolved := NewSet(list, set.Learnt)
	resolved.Unverified = set.Unverified
	return resolved, len(list) > 0 || !waiting
}
