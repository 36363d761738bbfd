package main

import (
	"fmt"
	"slices"

	"github.com/hashicorp/go-hclog"

	"weir/balance"
	"weir/config"
	"weir/discovery"
)

// report logs a change of the eligible set, one line each. A set without anyone
// is a warning: it is an outage.
func (s *service) report(c balance.Change, r *roster) {
	if !c.Any() {
		return
	}
	args := []any{"eligible", c.Eligible, "of", c.Total}
	args = brief(args, "added", c.Added, (*balance.Backend).Name)
	args = brief(args, "removed", c.Removed, func(b *balance.Backend) string {
		return b.Name() + ":" + s.why(b, r)
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
func (s *service) why(b *balance.Backend, r *roster) string {
	i := slices.IndexFunc(r.members, func(m balance.Member) bool { return m.Name == b.Name() && m.Addr == b.Addr() })
	if i < 0 {
		return "deregistered"
	}
	in := r.set.Instances[i]
	switch awaited := s.conf.HealthyWhen != config.HealthyHeartbeat; {
	case in.Status == discovery.Maintenance, awaited && (in.Status == discovery.Critical || in.Status == discovery.Unknown):
		return in.Status.String()
	case awaited && in.Weight() == 0, in.Passing == 0:
		return "weight-0"
	}
	return "heartbeat-" + r.members[i].Heartbeat.String()
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
