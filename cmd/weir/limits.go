package main

import (
	"weir/config"
	"weir/proxy"
)

// limit bounds the connections of all listeners, so that clients alone never use up the
// descriptors. It is said at start, and when it has changed.
func (b *balancer) limit(c config.Process) {
	most, descriptors := proxy.MaxConnections()
	n := most
	if c.MaxConnections > most {
		b.log.Warn("max_connections is more than the descriptor limit allows", "max_connections", c.MaxConnections, "limit", most, "descriptors", descriptors)
	} else if c.MaxConnections > 0 {
		n = c.MaxConnections
	}
	b.server.Limit(n)
	if n != b.limited {
		b.log.Info("limits", "max_connections", n, "descriptors", descriptors)
	}
	b.limited = n
}
