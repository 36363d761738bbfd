package balance

import "net/netip"

// Heartbeat is what weir's own probes say of an instance.
type Heartbeat uint8

const (
	Unproven Heartbeat = iota // no verdict yet: a new backend gets no traffic until it has proved itself
	Up
	Down
)

// String returns the word that logs and messages use.
func (h Heartbeat) String() string {
	switch h {
	case Up:
		return "up"
	case Down:
		return "down"
	default:
		return "unproven"
	}
}

// Rule says who must agree that an instance may get new connections. A service
// without a heartbeat uses Catalog.
type Rule uint8

const (
	Both          Rule = iota // the catalog and the heartbeat
	Catalog                   // the catalog alone; heartbeats are only shown
	HeartbeatOnly             // the heartbeat alone
)

// MaxWeight is the largest weight that Consul accepts. A larger one counts as this.
const MaxWeight = 65_535

// Member is one instance as the catalog and the heartbeats see it at one moment.
type Member struct {
	Name            string         // node/service-id
	Addr            netip.AddrPort // where its connections go
	CatalogWeight   int            // by catalog status; 0 when critical or in maintenance
	HeartbeatWeight int            // the passing weight whatever the status; 0 in maintenance
	PanicWeight     int            // CatalogWeight, but the passing weight when critical or unknown
	Heartbeat       Heartbeat
	Held            bool // the catalog has lost it and isn't believed yet, or hasn't answered since the start
}
