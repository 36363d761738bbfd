package consul

import (
	"encoding/json"
	"maps"
	"os"
)

// object is a piece of an agent's JSON configuration.
type object = map[string]any

// baseConfig is what every agent here has: its own address, only the ports that tests use, and
// gossip as fast as in Consul's own development mode, so that a dead node shows within a second
// or so.
func (a *Agent) baseConfig() object {
	config := object{
		"node_name":            a.Name,
		"node_id":              a.nodeID, // kept when the data is erased: the same machine comes back
		"bind_addr":            a.ip.String(),
		"client_addr":          a.ip.String(),
		"disable_update_check": true,
		"log_level":            "info",
		"connect":              object{"enabled": false}, // a certificate authority costs start-up time
		"performance":          object{"raft_multiplier": 1, "leave_drain_time": "0s"},
		"gossip_lan": object{
			"gossip_interval": "100ms", "probe_interval": "100ms", "probe_timeout": "100ms", "suspicion_mult": 3,
		},
	}
	ports := object{
		"http": a.ports.HTTP, "https": -1, "server": a.ports.Server, "serf_lan": a.ports.SerfLAN,
		"serf_wan": -1, "dns": -1, "grpc": -1, "grpc_tls": -1,
	}
	if a.Token != "" {
		config["acl"] = object{
			"enabled": true, "default_policy": "deny",
			"tokens": object{"initial_management": a.Token, "agent": a.Token},
		}
	}
	if a.TLS != nil {
		ports["https"] = a.ports.HTTPS
		config["tls"] = object{"https": object{
			"ca_file": a.TLS.CAFile, "cert_file": a.TLS.serverCert, "key_file": a.TLS.serverKey, "verify_incoming": true,
		}}
	}
	config["ports"] = ports
	return config
}

// writeConfig writes the agent's configuration with the additions laid over it.
func (a *Agent) writeConfig(additions ...object) error {
	config := a.baseConfig()
	for _, more := range additions {
		maps.Copy(config, more)
	}
	text, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(a.configFile, text, 0o600)
}
