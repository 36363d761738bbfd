package consul

import (
	"context"
	"fmt"
	"testing"

	"github.com/hashicorp/consul/api"
)

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

// KillServers kills every server that runs: the cluster has lost them all.
func (c *Agents) KillServers() {
	for _, a := range c.Servers {
		a.Kill()
	}
}

// StartServers starts every server that doesn't run, with the data it has, and waits until all are
// ready. One after the other would wait for ever: the first alone has no majority.
func (c *Agents) StartServers(t testing.TB) {
	t.Helper()
	for _, a := range c.Servers {
		if !a.process.alive() {
			a.Launch(t)
		}
	}
	for _, a := range c.Servers {
		a.Ready(t)
	}
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

// ask tries one server after the other until one has done it: some may be frozen, or between leaders.
func (c *Agents) ask(t testing.TB, what string, do func(context.Context, *api.Client) error) {
	t.Helper()
	running := c.running(t)
	next := 0
	running[0].Await(t, what, func(ctx context.Context) error {
		a := running[next%len(running)]
		next++
		return do(ctx, a.api)
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

// server is the host:port by which the servers know this one.
func (a *Agent) server() string { return a.at(a.ports.Server) }
