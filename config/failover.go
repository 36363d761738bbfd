package config

import (
	"slices"
	"strings"
	"time"
)

// failover reads the datacenters that are used when the local one has no
// instance. Consul is nil if instances come from files.
func (c *checker) failover(raw *rawService, consul *Consul) []string {
	if c.failed(raw.FailoverAt) {
		return nil
	}
	if consul == nil && len(raw.Failover) > 0 {
		c.reject(raw.FailoverAt, "Failover without Consul",
			"failover names other datacenters of Consul, and here instances come from files, which know of none. Remove the key.")
		return nil
	}
	for i, name := range raw.Failover {
		switch {
		case strings.TrimSpace(name) == "":
			c.reject(raw.FailoverAt, "Invalid failover", "No datacenter has an empty name. Remove it; failover = [] asks for none.")
		case slices.Contains(raw.Failover[:i], name):
			c.reject(raw.FailoverAt, "Invalid failover", "Datacenter %q is named twice. Each has one place in the order; remove the others.", name)
		case name == consul.Datacenter:
			c.reject(raw.FailoverAt, "Invalid failover",
				"Datacenter %q is the one that datacenter in the consul block names, and comes before all others anyway. Remove it here.", name)
		}
	}
	return raw.Failover
}

// failback reads how long a better datacenter must be good before it is used again.
func (c *checker) failback(raw *rawService) time.Duration {
	const def = 30 * time.Second
	back := c.duration("failback", raw.Failback, raw.FailbackAt, def, 0)
	if back != def && len(raw.Failover) == 0 && !c.failed(raw.FailoverAt) {
		c.warn(raw.FailbackAt, "Key without effect",
			`failback is the way back from a datacenter of failover, which names none. Add failover = ["dc2"], for example, or remove the key.`)
	}
	return back
}
