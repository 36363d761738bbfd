package consul

import (
	"encoding/json"
	"maps"
	"os"
	"testing"
)

// object is a piece of an agent's JSON configuration.
type object = map[string]any

// baseConfig is what every agent here has: its own address, only the ports that tests use, and
// fast gossip.
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
		"gossip_lan":           fastGossip(),
	}
	ports := object{
		"http": a.ports.HTTP, "https": -1, "server": a.ports.Server, "serf_lan": a.ports.SerfLAN,
		"serf_wan": -1, "dns": -1, "grpc": -1, "grpc_tls": -1,
	}
	if a.wan {
		ports["serf_wan"] = a.ports.SerfWAN
	}
	if a.Token != "" {
		config["acl"] = object{
			"enabled": true, "default_policy": "deny",
			"tokens":    object{"initial_management": a.Token, "agent": a.Token},
			"token_ttl": "1s", "policy_ttl": "1s", "role_ttl": "1s", // how long clients believe what they know of a token: 30 s otherwise
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

// fastGossip shows a node's death within two seconds. As fast as in Consul's own development mode
// (100ms, and 3) it takes half a second, but calls nodes dead that live wherever the machine is busy.
func fastGossip() object {
	return object{"gossip_interval": "100ms", "probe_interval": "300ms", "probe_timeout": "300ms", "suspicion_mult": 4}
}

// writeConfig writes the agent's configuration with its additions laid over it.
func (a *Agent) writeConfig(t testing.TB) {
	t.Helper()
	config := a.baseConfig()
	for _, more := range a.additions {
		maps.Copy(config, more)
	}
	text, err := json.MarshalIndent(config, "", "  ")
	if err == nil {
		err = os.WriteFile(a.configFile, text, 0o600)
	}
	if err != nil {
		t.Fatalf("configure consul %s: %v", a.Name, err)
	}
}
