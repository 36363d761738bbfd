package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/go-hclog"

	"weir/balance"
	"weir/config"
	"weir/discovery"
)

// report logs a change of the eligible set, one line each. A set without anyone
// is a warning: it is an outage. Those removed were of the roster, and moved is the
// word for it if the service has left their datacenter.
func (s *service) report(c balance.Change, r *roster, moved string) {
	if !c.Any() {
		return
	}
	args := []any{"eligible", c.Eligible, "of", c.Total}
	args = brief(args, "added", c.Added, (*balance.Backend).Name)
	args = brief(args, "removed", c.Removed, func(b *balance.Backend) string {
		return b.Name() + ":" + s.why(b, r, moved)
	})
	args = brief(args, "reweighted", c.Reweighted, func(r balance.Reweighted) string {
		return fmt.Sprintf("%s:%d->%d", r.Backend.Name(), r.From, r.To)
	})
	level := hclog.Info
	if c.Eligible == 0 {
		level = hclog.Warn
	}
	s.log.Log(level, "eligible set changed", args...)
}

// why says in a word what took b out.
func (s *service) why(b *balance.Backend, r *roster, moved string) string {
	i := slices.IndexFunc(r.members, func(m balance.Member) bool { return m.Name == b.Name() && m.Addr == b.Addr() })
	if i < 0 {
		return "deregistered"
	}
	in, heartbeat := &r.set.Instances[i], r.members[i].Heartbeat
	switch awaited := s.conf.HealthyWhen != config.HealthyHeartbeat; {
	case in.Held && heartbeat == balance.Down:
		return "held-heartbeat-down"
	case in.Status == discovery.Maintenance, awaited && (in.Status == discovery.Critical || in.Status == discovery.Unknown):
		return in.Status.String()
	case awaited && in.Weight() == 0, in.Passing == 0:
		return "weight-0"
	case moved != "" && (heartbeat == balance.Up || s.conf.HealthyWhen == config.HealthyCatalog):
		return moved
	}
	return "heartbeat-" + heartbeat.String()
}

// lacks says what keeps the service from having a backend; "" if it has one.
func (s *service) lacks() string {
	if s.pool.Snapshot().Len() > 0 {
		return ""
	}
	var reasons []string
	for _, t := range s.tiers {
		reason := t.lacks(len(s.conf.Tags) > 0)
		if len(s.tiers) > 1 {
			reason = t.name() + ": " + reason
		}
		reasons = append(reasons, reason)
	}
	return strings.Join(reasons, "; ")
}

func (t *tier) lacks(tagged bool) string {
	set := t.catalog.Set()
	switch {
	case set == nil:
		return "the catalog hasn't answered yet"
	case len(set.Instances) == 0 && tagged:
		return "the catalog has no instance with all of the tags"
	case len(set.Instances) == 0:
		return "the catalog has no instance of this name"
	}
	reason := fmt.Sprintf("none of %d instances is eligible", len(set.Instances))
	if n := held(set); n > 0 {
		reason += fmt.Sprintf(", %d of which the catalog has lost", n)
	}
	return reason
}

// brief adds the first few of a list to the pairs of a log line, and how many
// more there are; nothing for an empty list.
func brief[T any](pairs []any, key string, list []T, text func(T) string) []any {
	const most = 5
	if len(list) == 0 {
		return pairs
	}
	var texts []string
	for _, v := range list[:min(most, len(list))] {
		texts = append(texts, text(v))
	}
	if more := len(list) - len(texts); more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	return append(pairs, key, texts)
}
