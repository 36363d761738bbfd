package consul

import (
	"cmp"
	"fmt"
	"path/filepath"
	"testing"
)

// ClusterOptions for NewCluster.
type ClusterOptions struct {
	Datacenter       string // empty: dc1
	Servers, Clients int    // three servers keep a majority when one dies
	Token            string // as in Options; the agents use it themselves
	TLS              bool   // as in Options, on every agent
	WAN              bool   // JoinWAN can join the servers with another datacenter's
}

// Agents of one cluster.
type Agents struct {
	Datacenter string
	Servers    []*Agent
	Clients    []*Agent // what weir talks to in production: a client agent, which asks the servers
}

// Cluster is NewCluster with nothing but servers and clients.
func Cluster(t testing.TB, servers, clients int) *Agents {
	t.Helper()
	return NewCluster(t, ClusterOptions{Servers: servers, Clients: clients})
}

// NewCluster starts servers and clients that keep their data on disk, and waits until every server
// has a vote and every agent is ready.
func NewCluster(t testing.TB, o ClusterOptions) *Agents {
	t.Helper()
	c := &Agents{Datacenter: cmp.Or(o.Datacenter, "dc1")}
	add := func(role string, number int) *Agent {
		a := newAgent(t, fmt.Sprintf("%s-%d", role, number), Options{Token: o.Token, TLS: o.TLS})
		a.cluster, a.dataDir = c, filepath.Join(filepath.Dir(a.configFile), "data")
		a.additions = []object{{"datacenter": c.Datacenter, "data_dir": a.dataDir}}
		return a
	}
	for i := range o.Servers {
		a := add("server", i+1)
		a.wan = o.WAN
		a.additions = append(a.additions, object{
			"server": true, "bootstrap_expect": o.Servers, "gossip_wan": fastGossip(),
			"autopilot": object{"server_stabilization_time": "0s", "cleanup_dead_servers": false},
		})
		c.Servers = append(c.Servers, a)
	}
	for i := range o.Clients {
		c.Clients = append(c.Clients, add("client", i+1))
	}
	launch := func(agents, known []*Agent) {
		join := object{"retry_join": addresses(known, (*Agent).gossipLAN), "retry_interval": "200ms"}
		for _, a := range agents {
			a.additions = append(a.additions, join)
			a.writeConfig(t)
			a.Launch(t)
		}
	}
	launch(c.Servers, c.all()) // the clients too: those look for servers that were all gone only twice a minute
	launch(c.Clients, c.Servers)
	for _, a := range c.all() {
		a.Ready(t)
	}
	c.awaitVoters(t)
	return c
}

func (c *Agents) all() []*Agent {
	return append(c.Servers[:len(c.Servers):len(c.Servers)], c.Clients...)
}

func addresses(agents []*Agent, of func(*Agent) string) []string {
	var all []string
	for _, a := range agents {
		all = append(all, of(a))
	}
	return all
}

func (a *Agent) gossipLAN() string { return a.at(a.ports.SerfLAN) }
func (a *Agent) gossipWAN() string { return a.at(a.ports.SerfWAN) }
