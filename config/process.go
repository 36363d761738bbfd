package config

import (
	"time"

	"github.com/hashicorp/hcl/v2"
)

// mostConnections is more than the memory of any machine holds.
const mostConnections = 10_000_000

// process reads the process block.
func (c *checker) process(blocks []rawProcess) Process {
	raw := sole(c, "process", blocks, func(r *rawProcess) hcl.Range { return r.At })
	if raw == nil {
		raw = &rawProcess{}
	}
	return Process{
		MaxConnections: c.number("max_connections", raw.MaxConnections, raw.MaxConnectionsAt, 0, 0, mostConnections),
		ShutdownDelay:  c.duration("shutdown_delay", raw.ShutdownDelay, raw.ShutdownDelayAt, 0, 0),
		ShutdownGrace:  c.lasting("shutdown_grace", raw.ShutdownGrace, raw.ShutdownGraceAt, 30*time.Second),
		UpgradeGrace:   c.lasting("upgrade_grace", raw.UpgradeGrace, raw.UpgradeGraceAt, Forever),
		PIDFile:        c.written("pid_file", "weir.pid", c.setting(raw.PIDFile, raw.PIDFileAt, "")),
	}
}
