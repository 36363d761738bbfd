package config

import (
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// services reads all service blocks. Consul is nil if instances come from files.
func (c *checker) services(blocks []rawService, consul *Consul) []Service {
	var services []Service
	first := make(map[string]hcl.Range)
	for _, raw := range blocks {
		switch at, taken := first[raw.Name]; {
		case strings.TrimSpace(raw.Name) == "":
			c.reject(raw.NameAt, "Service without a name", `The label is the service's name in Consul: service "web" { ... }.`)
		case taken:
			c.reject(raw.NameAt, "Service declared twice",
				"Service %q is already declared at %s. Put all its keys into one block; any number of listeners can use it.", raw.Name, place(at))
		default:
			first[raw.Name] = raw.NameAt
		}
		services = append(services, c.service(&raw, consul))
	}
	return services
}

// service reads one service block.
func (c *checker) service(raw *rawService, consul *Consul) Service {
	s := Service{
		Name:           raw.Name,
		Tags:           c.tags(raw),
		Filter:         c.filter(raw),
		HealthyWhen:    oneOf(c, "healthy_when", raw.HealthyWhen, raw.HealthyWhenAt, HealthyBoth, HealthyBoth, HealthyCatalog, HealthyHeartbeat),
		Balance:        oneOf(c, "balance", raw.Balance, raw.BalanceAt, WeightedRoundRobin, WeightedRoundRobin),
		ConnectTimeout: c.duration("connect_timeout", raw.ConnectTimeout, raw.ConnectTimeoutAt, time.Second, time.Millisecond),
		Retries:        c.number("retries", raw.Retries, raw.RetriesAt, 2, 0, 10),
		Drain:          c.lasting("drain", raw.Drain, raw.DrainAt, Forever),
		OnUnhealthy:    oneOf(c, "on_unhealthy", raw.OnUnhealthy, raw.OnUnhealthyAt, OnUnhealthyKeep, OnUnhealthyKeep, OnUnhealthyClose),
		ProxyProtocol:  oneOf(c, "proxy_protocol", raw.ProxyProtocol, raw.ProxyProtocolAt, NoProxyProtocol, NoProxyProtocol, ProxyProtocolV1, ProxyProtocolV2),
		MaxPerInstance: c.number("max_connections_per_instance", raw.MaxPerInstance, raw.MaxPerInstanceAt, 0, 0, mostConnections),
		OnEmpty:        oneOf(c, "on_empty", raw.OnEmpty, raw.OnEmptyAt, OnEmptyHold, OnEmptyHold, OnEmptyApply),
		PanicThreshold: c.number("panic_threshold", raw.PanicThreshold, raw.PanicThresholdAt, 0, 0, 100),
	}
	s.EmptyHold = c.emptyHold(raw, s.OnEmpty)
	s.Failover = c.failover(raw, consul)
	s.Failback = c.failback(raw)
	if beat := sole(c, "heartbeat", raw.Heartbeat, func(r *rawHeartbeat) hcl.Range { return r.At }); beat != nil {
		s.Heartbeat = c.heartbeat(beat)
		return s
	}
	if s.HealthyWhen == HealthyHeartbeat && !raw.mayBeat() {
		c.reject(raw.HealthyWhenAt, "No heartbeat to go by",
			`Service %q has no heartbeat block, so that no instance would ever be healthy. Add "heartbeat {}" to it, or write healthy_when = "catalog".`, raw.Name)
	}
	s.HealthyWhen = HealthyCatalog
	return s
}

// mayBeat reports whether there is a heartbeat block, or what may be one with a mistake.
func (r *rawService) mayBeat() bool {
	body := r.Body.(*hclsyntax.Body)
	return len(body.Blocks) > 0 || body.Attributes["heartbeat"] != nil
}

// emptyHold reads how long vanished instances are held.
func (c *checker) emptyHold(raw *rawService, onEmpty OnEmpty) time.Duration {
	const def = 2 * time.Minute
	// What is held for less than a second is as good as applied.
	hold := c.duration("empty_hold", raw.EmptyHold, raw.EmptyHoldAt, def, time.Second)
	if hold != def && onEmpty == OnEmptyApply {
		c.warn(raw.EmptyHoldAt, "Key without effect",
			"empty_hold is for on_empty = %q, and on_empty is %q. Remove one of the two keys.", OnEmptyHold, OnEmptyApply)
	}
	return hold
}

// tags reads the tags of a service.
func (c *checker) tags(raw *rawService) []string {
	if c.failed(raw.TagsAt) {
		return nil
	}
	if slices.Contains(raw.Tags, "") {
		c.reject(raw.TagsAt, "Invalid tags", "No instance bears an empty tag. Remove it; tags = [] asks for none.")
	}
	return raw.Tags
}
