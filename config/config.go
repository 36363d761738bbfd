// Package config turns a file of HCL, or a directory of them, into plain typed
// values with every default filled in, and reports every mistake at once, each
// with its place in the source. It knows the syntax and the meaning of the keys
// and nothing of the parts of weir that act on them.
package config

import (
	"math"
	"net/netip"
	"time"
)

// Config is a whole configuration that Load found no error in. Exactly one of
// Consul and Files is set; every listener's service is among Services.
type Config struct {
	Log       Log
	Consul    *Consul
	Files     *Files
	Process   Process
	Services  []Service  // in the order of the files; names are unique
	Listeners []Listener // at least one; names are unique, addresses do not clash
}

// Log says what is logged, and how.
type Log struct {
	Level  Level
	Format Format
}

// Level is the least severity that is logged, in the words of hclog.
type Level string

// The levels, from the most talkative on.
const (
	LevelTrace Level = "trace"
	LevelDebug Level = "debug"
	LevelInfo  Level = "info"
	LevelWarn  Level = "warn"
	LevelError Level = "error"
)

// Format is the form of a log line.
type Format string

// The formats.
const (
	FormatText Format = "text"
	FormatJSON Format = "json"
)

// Consul is the catalog of a Consul agent or server. The CONSUL_* variables of
// the environment are already worked in.
type Consul struct {
	Address    string // http://HOST:PORT, https://HOST:PORT or unix:///PATH; the first two may end in a path prefix
	Token      Secret // at most one of Token and TokenFile is set
	TokenFile  string // followed, as the files of TLS are
	Datacenter string // empty, as the next two: the agent's own
	Namespace  string
	Partition  string
	TLS        TLS // of use only with an https address

	SnapshotFile   string        // where the last known good sets are kept over restarts; empty: nowhere
	SnapshotMaxAge time.Duration // an older snapshot is not used; at least a minute
}

// TLS is how the connection to Consul is secured. Empty paths mean the system's
// roots and no client certificate.
type TLS struct {
	CAFile             string
	CertFile           string // set if and only if KeyFile is
	KeyFile            string
	ServerName         string // empty: the host of the address
	InsecureSkipVerify bool
}

// Files is the catalog kept in a folder of service-definition files.
type Files struct {
	Dir string // a directory when Load looked
}

// Forever is a time without an end, where a key takes "forever".
const Forever = time.Duration(math.MaxInt64)

// Process is what holds for all of weir.
type Process struct {
	MaxConnections int           // 0: derived from the descriptor limit
	ShutdownDelay  time.Duration // between readiness off and listeners closed
	ShutdownGrace  time.Duration // for live connections, from then on; may be Forever
	UpgradeGrace   time.Duration // the same after an upgrade
	PIDFile        string        // empty: none
}

// Service is a pool of backends.
type Service struct {
	Name           string   // as in Consul
	Tags           []string // an instance must bear all of them
	Filter         string   // a Consul filter expression of sound syntax, or empty
	HealthyWhen    HealthyWhen
	Balance        Balance
	ConnectTimeout time.Duration // above 0
	Retries        int           // backends tried after the first one, 0 to 10
	Drain          time.Duration // for live connections of an instance that is removed, at weight 0 or in maintenance; may be Forever
	OnUnhealthy    OnUnhealthy
	ProxyProtocol  ProxyProtocol
	MaxPerInstance int // connections at a time; 0: any number
	OnEmpty        OnEmpty
	EmptyHold      time.Duration // with OnEmptyHold: how long the catalog must insist that most instances are gone, at least a second
	PanicThreshold int           // in percent of the instances with a verdict, 0 to 100
	Failover       []string      // datacenters in order, each once, without Consul.Datacenter; empty with Files
	Failback       time.Duration // how long a better datacenter must be good before it is used again, 0 or more
	Heartbeat      *Heartbeat    // nil: no probing, and HealthyWhen is HealthyCatalog
}

// HealthyWhen says who must vouch for an instance before it gets connections.
type HealthyWhen string

// Who must vouch.
const (
	HealthyBoth      HealthyWhen = "both"
	HealthyCatalog   HealthyWhen = "catalog"
	HealthyHeartbeat HealthyWhen = "heartbeat"
)

// OnEmpty says what follows when most instances vanish from the catalog at once.
type OnEmpty string

// What follows.
const (
	OnEmptyHold  OnEmpty = "hold"
	OnEmptyApply OnEmpty = "apply"
)

// OnUnhealthy says what becomes of live connections of an instance that is no longer healthy.
type OnUnhealthy string

// What becomes of them.
const (
	OnUnhealthyKeep  OnUnhealthy = "keep"
	OnUnhealthyClose OnUnhealthy = "close"
)

// ProxyProtocol is the version of the PROXY protocol that backends are told the client's
// address with.
type ProxyProtocol string

// The versions.
const (
	NoProxyProtocol ProxyProtocol = ""
	ProxyProtocolV1 ProxyProtocol = "v1"
	ProxyProtocolV2 ProxyProtocol = "v2"
)

// Balance names the policy that spreads connections over backends.
type Balance string

// The policies.
const (
	WeightedRoundRobin Balance = "weighted_round_robin"
)

// Heartbeat is weir's own check of each instance.
type Heartbeat struct {
	Type     HeartbeatType
	Path     string // begins with "/"; empty for TCP
	Expect   string // the exact body after trimming; empty: any 2xx will do
	Port     int    // 0: the instance's own
	Interval time.Duration
	Timeout  time.Duration // above 0, below Interval
	Rise     int           // successes in a row to come up, at least 1
	Fall     int           // failures in a row to go down, at least 1
}

// HeartbeatType is the protocol of a heartbeat.
type HeartbeatType string

// The heartbeat types.
const (
	HTTP HeartbeatType = "http"
	TCP  HeartbeatType = "tcp"
)

// Listener is an address that clients connect to, and the service behind it.
type Listener struct {
	Name    string
	Bind    Bind
	Service string // the Name of one of Config.Services

	MaxConnections          int           // at a time; 0: as many as the process takes
	MaxConnectionsPerClient int           // at a time, by source address, IPv6 by /64; 0: any number
	WhenFull                WhenFull      // of use with any limit, that of the process too
	IdleTimeout             time.Duration // 0, as in the next two: none; else at least 100 ms
	MaxLifetime             time.Duration
	HalfCloseTimeout        time.Duration // idle time after one side has ended
	KeepAlive               time.Duration // TCP keep-alive's idle time, on both sides: whole seconds, at most 32767; 0: off
}

// Bind is an address to listen on: exactly one of its fields is set.
type Bind struct {
	AddrPort netip.AddrPort // where the file gives no host, [::]: all addresses, IPv4 too; port 0: any free one; a zone if and only if link-local
	Path     string         // of a unix socket, absolute, at most 107 bytes
}

// String is the address as a file may have it.
func (b Bind) String() string {
	if b.Path != "" {
		return unixPrefix + b.Path
	}
	return b.AddrPort.String()
}

// WhenFull says what becomes of clients for whom there is no room.
type WhenFull string

// What becomes of them.
const (
	WhenFullWait  WhenFull = "wait" // in the kernel's queue
	WhenFullClose WhenFull = "close"
)
