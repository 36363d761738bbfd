package config

import (
	"time"

	"github.com/hashicorp/hcl/v2"
)

// effects warns of limits and times that can't be reached for another key. Those of keys
// that have only one neighbour stand with them.
func (c *checker) effects(raw *rawConfig, conf *Config) {
	for i, s := range conf.Services {
		r := raw.Services[i]
		beatless := s.HealthyWhen == HealthyCatalog && (s.Heartbeat != nil || !r.mayBeat()) && !c.failed(r.HealthyWhenAt)
		if s.OnUnhealthy == OnUnhealthyClose && conf.Consul == nil && beatless {
			c.idle(r.OnUnhealthyAt,
				`on_unhealthy = "close" is for instances that fail a check, and service files have none: only a heartbeat that counts could find service %q unhealthy. Add "heartbeat {}" with healthy_when = "both", or remove the key.`, s.Name)
		}
		c.moreThanProcess("max_connections_per_instance", s.MaxPerInstance, r.MaxPerInstanceAt, conf.Process)
	}
	for i, l := range conf.Listeners {
		r := raw.Listeners[i]
		c.moreThanProcess("max_connections", l.MaxConnections, r.MaxConnectionsAt, conf.Process)
		switch {
		case l.MaxConnectionsPerClient > 0 && l.Bind.Path != "":
			c.idle(r.MaxPerClientAt,
				"max_connections_per_client goes by the client's IP address, and those of a Unix socket have none. Remove the key; max_connections is for all of them.")
		case l.MaxConnections > 0 && l.MaxConnectionsPerClient > l.MaxConnections:
			c.idle(r.MaxPerClientAt, "No client can have %d connections, as all of them together have %d: max_connections. Lower the one, or raise the other.",
				l.MaxConnectionsPerClient, l.MaxConnections)
		default:
			c.moreThanProcess("max_connections_per_client", l.MaxConnectionsPerClient, r.MaxPerClientAt, conf.Process)
		}
		c.neverReached("idle_timeout", l.IdleTimeout, r.IdleTimeoutAt, "max_lifetime", l.MaxLifetime)
		switch half := l.HalfCloseTimeout; {
		case half == defaultHalfClose: // hardly asked for
		case l.IdleTimeout > 0 && half > l.IdleTimeout:
			c.neverReached("half_close_timeout", half, r.HalfCloseTimeoutAt, "idle_timeout", l.IdleTimeout)
		default:
			c.neverReached("half_close_timeout", half, r.HalfCloseTimeoutAt, "max_lifetime", l.MaxLifetime)
		}
	}
}

// moreThanProcess warns of a limit that all of weir does not reach; 0 is none.
func (c *checker) moreThanProcess(key string, limit int, at hcl.Range, process Process) {
	if process.MaxConnections > 0 && limit > process.MaxConnections {
		c.idle(at, "%s is %d, and all of weir has %d connections at most: max_connections of the process block. Lower the one, or raise the other.",
			key, limit, process.MaxConnections)
	}
}

// neverReached warns of a time that another one always cuts short; 0 is none.
func (c *checker) neverReached(key string, d time.Duration, at hcl.Range, shorter string, limit time.Duration) {
	if limit > 0 && d > limit {
		c.idle(at, "%s is %s, and no connection gets there: %s ends it after %s. Shorten the one, or lengthen the other.", key, brief(d), shorter, brief(limit))
	}
}

// idle warns of a key without effect.
func (c *checker) idle(at hcl.Range, detail string, args ...any) {
	c.warn(at, "Key without effect", detail, args...)
}
