package config

import "github.com/hashicorp/hcl/v2"

// The raw types mirror the file for gohcl: a pointer is nil where a key is left
// out or null, and each ...At is the place of a key's value, the
// zero range where the key is left out. Blocks that may stand once are slices
// too, so that a second one is reported by us and both are still checked.

type rawConfig struct {
	Log       []rawLog      `hcl:"log,block"`
	Consul    []rawConsul   `hcl:"consul,block"`
	Files     []rawFiles    `hcl:"files,block"`
	Process   []rawProcess  `hcl:"process,block"`
	Services  []rawService  `hcl:"service,block"`
	Listeners []rawListener `hcl:"listener,block"`
}

type rawLog struct {
	At       hcl.Range `hcl:",def_range"`
	Level    *string   `hcl:"level,optional"`
	LevelAt  hcl.Range `hcl:"level,attr_value_range"`
	Format   *string   `hcl:"format,optional"`
	FormatAt hcl.Range `hcl:"format,attr_value_range"`
}

type rawConsul struct {
	At               hcl.Range `hcl:",def_range"`
	Address          *string   `hcl:"address,optional"`
	AddressAt        hcl.Range `hcl:"address,attr_value_range"`
	Token            *string   `hcl:"token,optional"`
	TokenAt          hcl.Range `hcl:"token,attr_value_range"`
	TokenFile        *string   `hcl:"token_file,optional"`
	TokenFileAt      hcl.Range `hcl:"token_file,attr_value_range"`
	Datacenter       *string   `hcl:"datacenter,optional"`
	DatacenterAt     hcl.Range `hcl:"datacenter,attr_value_range"`
	Namespace        *string   `hcl:"namespace,optional"`
	NamespaceAt      hcl.Range `hcl:"namespace,attr_value_range"`
	Partition        *string   `hcl:"partition,optional"`
	PartitionAt      hcl.Range `hcl:"partition,attr_value_range"`
	SnapshotFile     *string   `hcl:"snapshot_file,optional"`
	SnapshotFileAt   hcl.Range `hcl:"snapshot_file,attr_value_range"`
	SnapshotMaxAge   *string   `hcl:"snapshot_max_age,optional"`
	SnapshotMaxAgeAt hcl.Range `hcl:"snapshot_max_age,attr_value_range"`
	TLS              []rawTLS  `hcl:"tls,block"`
}

type rawTLS struct {
	At           hcl.Range `hcl:",def_range"`
	CAFile       *string   `hcl:"ca_file,optional"`
	CAFileAt     hcl.Range `hcl:"ca_file,attr_value_range"`
	CertFile     *string   `hcl:"cert_file,optional"`
	CertFileAt   hcl.Range `hcl:"cert_file,attr_value_range"`
	KeyFile      *string   `hcl:"key_file,optional"`
	KeyFileAt    hcl.Range `hcl:"key_file,attr_value_range"`
	ServerName   *string   `hcl:"server_name,optional"`
	ServerNameAt hcl.Range `hcl:"server_name,attr_value_range"`
	Insecure     *bool     `hcl:"insecure_skip_verify,optional"`
	InsecureAt   hcl.Range `hcl:"insecure_skip_verify,attr_value_range"`
}

type rawFiles struct {
	At    hcl.Range `hcl:",def_range"`
	Dir   *string   `hcl:"dir,optional"`
	DirAt hcl.Range `hcl:"dir,attr_value_range"`
}

type rawProcess struct {
	At               hcl.Range `hcl:",def_range"`
	MaxConnections   *int      `hcl:"max_connections,optional"`
	MaxConnectionsAt hcl.Range `hcl:"max_connections,attr_value_range"`
	ShutdownDelay    *string   `hcl:"shutdown_delay,optional"`
	ShutdownDelayAt  hcl.Range `hcl:"shutdown_delay,attr_value_range"`
	ShutdownGrace    *string   `hcl:"shutdown_grace,optional"`
	ShutdownGraceAt  hcl.Range `hcl:"shutdown_grace,attr_value_range"`
	UpgradeGrace     *string   `hcl:"upgrade_grace,optional"`
	UpgradeGraceAt   hcl.Range `hcl:"upgrade_grace,attr_value_range"`
	PIDFile          *string   `hcl:"pid_file,optional"`
	PIDFileAt        hcl.Range `hcl:"pid_file,attr_value_range"`
}

type rawService struct {
	Body             hcl.Body       `hcl:",body"`
	Name             string         `hcl:"name,label"`
	NameAt           hcl.Range      `hcl:"name,label_range"`
	Tags             []string       `hcl:"tags,optional"`
	TagsAt           hcl.Range      `hcl:"tags,attr_value_range"`
	Filter           *string        `hcl:"filter,optional"`
	FilterAt         hcl.Range      `hcl:"filter,attr_value_range"`
	HealthyWhen      *string        `hcl:"healthy_when,optional"`
	HealthyWhenAt    hcl.Range      `hcl:"healthy_when,attr_value_range"`
	Balance          *string        `hcl:"balance,optional"`
	BalanceAt        hcl.Range      `hcl:"balance,attr_value_range"`
	ConnectTimeout   *string        `hcl:"connect_timeout,optional"`
	ConnectTimeoutAt hcl.Range      `hcl:"connect_timeout,attr_value_range"`
	Retries          *int           `hcl:"retries,optional"`
	RetriesAt        hcl.Range      `hcl:"retries,attr_value_range"`
	Drain            *string        `hcl:"drain,optional"`
	DrainAt          hcl.Range      `hcl:"drain,attr_value_range"`
	OnUnhealthy      *string        `hcl:"on_unhealthy,optional"`
	OnUnhealthyAt    hcl.Range      `hcl:"on_unhealthy,attr_value_range"`
	ProxyProtocol    *string        `hcl:"proxy_protocol,optional"`
	ProxyProtocolAt  hcl.Range      `hcl:"proxy_protocol,attr_value_range"`
	MaxPerInstance   *int           `hcl:"max_connections_per_instance,optional"`
	MaxPerInstanceAt hcl.Range      `hcl:"max_connections_per_instance,attr_value_range"`
	OnEmpty          *string        `hcl:"on_empty,optional"`
	OnEmptyAt        hcl.Range      `hcl:"on_empty,attr_value_range"`
	EmptyHold        *string        `hcl:"empty_hold,optional"`
	EmptyHoldAt      hcl.Range      `hcl:"empty_hold,attr_value_range"`
	PanicThreshold   *int           `hcl:"panic_threshold,optional"`
	PanicThresholdAt hcl.Range      `hcl:"panic_threshold,attr_value_range"`
	Failover         []string       `hcl:"failover,optional"`
	FailoverAt       hcl.Range      `hcl:"failover,attr_value_range"`
	Failback         *string        `hcl:"failback,optional"`
	FailbackAt       hcl.Range      `hcl:"failback,attr_value_range"`
	Heartbeat        []rawHeartbeat `hcl:"heartbeat,block"`
}

type rawHeartbeat struct {
	At         hcl.Range `hcl:",def_range"`
	Type       *string   `hcl:"type,optional"`
	TypeAt     hcl.Range `hcl:"type,attr_value_range"`
	Path       *string   `hcl:"path,optional"`
	PathAt     hcl.Range `hcl:"path,attr_value_range"`
	Expect     *string   `hcl:"expect,optional"`
	ExpectAt   hcl.Range `hcl:"expect,attr_value_range"`
	Port       *int      `hcl:"port,optional"`
	PortAt     hcl.Range `hcl:"port,attr_value_range"`
	Interval   *string   `hcl:"interval,optional"`
	IntervalAt hcl.Range `hcl:"interval,attr_value_range"`
	Timeout    *string   `hcl:"timeout,optional"`
	TimeoutAt  hcl.Range `hcl:"timeout,attr_value_range"`
	Rise       *int      `hcl:"rise,optional"`
	RiseAt     hcl.Range `hcl:"rise,attr_value_range"`
	Fall       *int      `hcl:"fall,optional"`
	FallAt     hcl.Range `hcl:"fall,attr_value_range"`
}

type rawListener struct {
	Body               hcl.Body  `hcl:",body"`
	At                 hcl.Range `hcl:",def_range"`
	Name               string    `hcl:"name,label"`
	NameAt             hcl.Range `hcl:"name,label_range"`
	Bind               *string   `hcl:"bind,optional"`
	BindAt             hcl.Range `hcl:"bind,attr_value_range"`
	Service            *string   `hcl:"service,optional"`
	ServiceAt          hcl.Range `hcl:"service,attr_value_range"`
	MaxConnections     *int      `hcl:"max_connections,optional"`
	MaxConnectionsAt   hcl.Range `hcl:"max_connections,attr_value_range"`
	MaxPerClient       *int      `hcl:"max_connections_per_client,optional"`
	MaxPerClientAt     hcl.Range `hcl:"max_connections_per_client,attr_value_range"`
	WhenFull           *string   `hcl:"when_full,optional"`
	WhenFullAt         hcl.Range `hcl:"when_full,attr_value_range"`
	IdleTimeout        *string   `hcl:"idle_timeout,optional"`
	IdleTimeoutAt      hcl.Range `hcl:"idle_timeout,attr_value_range"`
	MaxLifetime        *string   `hcl:"max_lifetime,optional"`
	MaxLifetimeAt      hcl.Range `hcl:"max_lifetime,attr_value_range"`
	HalfCloseTimeout   *string   `hcl:"half_close_timeout,optional"`
	HalfCloseTimeoutAt hcl.Range `hcl:"half_close_timeout,attr_value_range"`
	KeepAlive          *string   `hcl:"keepalive,optional"`
	KeepAliveAt        hcl.Range `hcl:"keepalive,attr_value_range"`
}
