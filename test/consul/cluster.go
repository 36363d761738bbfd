package consul

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/hashicorp/consul/api"
)

// Agents of one cluster.
type Agents struct {
	Servers []*Agent
	Clients []*Agent // what weir talks to in production: a client agent, which asks the servers
}

// Cluster starts servers (three, to keep a majority when one dies) and clients that keep their data
// on disk, and waits until every server has a vote and every agent is ready.
func Cluster(t testing.TB, servers, clients int) *Agents {
	t.Helper()
	c := &Agents{}
	for i := range servers {
		c.Servers = append(c.Servers, newAgent(t, fmt.Sprintf("server-%d", i+1), Options{}))
	}
	for i := range clients {
		c.Clients = append(c.Clients, newAgent(t, fmt.Sprintf("client-%d", i+1), Options{}))
	}
	join := object{"retry_join": c.gossip(), "retry_interval": "200ms"}
	role := object{
		"server": true, "bootstrap_expect": servers,
		"autopilot": object{"server_stabilization_time": "0s", "cleanup_dead_servers": false},
	}
	for _, a := range c.all() {
		a.dataDir = filepath.Join(filepath.Dir(a.configFile), "data")
		if err := a.writeConfig(object{"data_dir": a.dataDir}, join, role); err != nil {
			t.Fatalf("configure consul: %v", err)
		}
		if a == c.Servers[servers-1] {
			role = object{"server": false} // the clients follow
		}
	}
	for _, a := range c.all() {
		a.Launch(t)
	}
	for _, a := range c.all() {
		a.Ready(t)
	}
	c.awaitVoters(t)
	return c
}

// Leader is the server that leads, as the ones that run agree. It waits for an election to end.
func (c *Agents) Leader(t testing.TB) *Agent {
	t.Helper()
	var leader *Agent
	running := c.running(t)
	running[0].Await(t, "leader that all servers agree on", func(ctx context.Context) error {
		address := ""
		for _, a := range running {
			answer, err := a.api.Status().LeaderWithQueryOptions((&api.QueryOptions{}).WithContext(ctx))
			if err != nil {
				return err
			}
			if address != "" && answer != address {
				return fmt.Errorf("one says %q, another %q", address, answer)
			}
			address = answer
		}
		for _, a := range running {
			if a.server() == address {
				leader = a
				return nil
			}
		}
		return fmt.Errorf("leader %q doesn't run", address)
	})
	return leader
}

// awaitVoters waits until every server counts in an election, so that one may be killed.
func (c *Agents) awaitVoters(t testing.TB) {
	t.Helper()
	first := c.Servers[0]
	first.Await(t, "vote for every server", func(ctx context.Context) error {
		raft, err := first.api.Operator().RaftGetConfiguration((&api.QueryOptions{}).WithContext(ctx))
		if err != nil {
			return err
		}
		voters := 0
		for _, server := range raft.Servers {
			if server.Voter {
				voters++
			}
		}
		if voters < len(c.Servers) {
			return fmt.Errorf("%d of %d servers vote", voters, len(c.Servers))
		}
		return nil
	})
}

// running are the servers whose process runs; at least one must.
func (c *Agents) running(t testing.TB) []*Agent {
	t.Helper()
	var running []*Agent
	for _, a := range c.Servers {
		if a.process.alive() {
			running = append(running, a)
		}
	}
	if len(running) == 0 {
		t.Fatal("no consul server runs")
	}
	return running
}

func (c *Agents) all() []*Agent {
	return append(c.Servers[:len(c.Servers):len(c.Servers)], c.Clients...)
}

// gossip is where an agent finds the servers.
func (c *Agents) gossip() []string {
	var addresses []string
	for _, a := range c.Servers {
		addresses = append(addresses, net.JoinHostPort(a.ip.String(), strconv.Itoa(a.ports.SerfLAN)))
	}
	return addresses
}

// server is the host:port by which the servers know this one.
func (a *Agent) server() string { return net.JoinHostPort(a.ip.String(), strconv.Itoa(a.ports.Server)) }
