package consul

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"
)

func TestClusterOutlivesItsLeader(t *testing.T) {
	t.Parallel()
	c := Cluster(t, 3, 1)
	client := c.Clients[0]
	client.Register(t, Instance{Service: "web", Host: "192.0.2.7", Port: 8080})
	web := instance{ID: "web", Address: "192.0.2.7", Port: 8080, Tags: "[]", Passing: 1, Warning: 1, Status: "passing"}
	awaitInstances(t, client, "web", web)

	old := c.Leader(t)
	old.Kill()
	next := c.Leader(t)
	if next == old {
		t.Fatalf("%s was killed and still leads", old.Name)
	}
	client.Ready(t)
	awaitInstances(t, client, "web", web)

	old.Start(t)
	awaitInstances(t, old, "web", web) // from its own disk and its peers
}

func TestClusterErasedIsEmpty(t *testing.T) {
	t.Parallel()
	c := Cluster(t, 1, 1)
	server, client := c.Servers[0], c.Clients[0]
	server.Register(t, Instance{Service: "db", Host: "192.0.2.9", Port: 5432})
	db := instance{ID: "db", Address: "192.0.2.9", Port: 5432, Tags: "[]", Passing: 1, Warning: 1, Status: "passing"}
	awaitInstances(t, client, "db", db)

	server.Kill()
	server.Start(t)
	client.Ready(t)
	awaitInstances(t, client, "db", db)

	server.Kill()
	server.Erase(t)
	server.Start(t)
	awaitInstances(t, server, "db")
}

func TestClusterStartsAgainWithItsData(t *testing.T) {
	t.Parallel()
	c := Cluster(t, 3, 1)
	client := c.Clients[0]
	client.Register(t, Instance{Service: "web", Host: "192.0.2.7", Port: 8080})
	c.RegisterExternal(t, External{Node: "rack-1", Instance: Instance{Service: "db", Host: "192.0.2.9", Port: 5432}})
	web := instance{ID: "web", Address: "192.0.2.7", Port: 8080, Tags: "[]", Passing: 1, Warning: 1, Status: "passing"}
	db := instance{ID: "db", Address: "192.0.2.9", Port: 5432, Tags: "[]", Passing: 1, Warning: 1, Status: "passing"}
	awaitInstances(t, client, "web", web)

	c.KillServers()
	awaitFailure(t, client)
	began := time.Now()
	c.StartServers(t)
	awaitInstances(t, client, "web", web)
	t.Logf("all servers started again: the client agent answered after %v", time.Since(began))
	awaitInstances(t, client, "db", db) // only the servers' disks know it
}

// awaitFailure waits until the agent can't ask its servers.
func awaitFailure(t *testing.T, a *Agent) {
	t.Helper()
	a.Await(t, "loss of its servers", func(ctx context.Context) error {
		if _, _, err := a.API().Catalog().Services((&api.QueryOptions{}).WithContext(ctx)); err != nil {
			return nil
		}
		return fmt.Errorf("it answers")
	})
}

func TestDeadNodeShowsAndStays(t *testing.T) {
	t.Parallel()
	c := Cluster(t, 3, 2)
	watcher, dies := c.Clients[0], c.Clients[1]
	dies.Register(t, Instance{Service: "web", Host: "192.0.2.7", Port: 8080, Check: true})
	web := instance{ID: "web", Address: "192.0.2.7", Port: 8080, Tags: "[]", Passing: 1, Warning: 1, Status: "passing"}
	awaitInstances(t, watcher, "web", web)

	dies.Kill()
	killed := time.Now()
	dead := web
	dead.Status = "critical"
	awaitInstances(t, watcher, "web", dead)
	took := time.Since(killed)
	t.Logf("a node's death showed after %v", took)
	if took > 10*time.Second {
		t.Errorf("a node's death showed after %v, want a few seconds", took)
	}
	entries, _, err := watcher.API().Health().Service("web", "", false, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, check := range entries[0].Checks {
		if critical := check.Status == api.HealthCritical; critical != (check.CheckID == "serfHealth") {
			t.Errorf("check %s is %s: want serfHealth alone to be critical", check.CheckID, check.Status)
		}
	}

	dies.Start(t)
	awaitInstances(t, watcher, "web", web)
}

// What a client agent says that starts while it has no server differs: an error, or "no instances"
// with a low index. Nobody may take the latter for the truth; here it is written down.
func TestClientAgentStartsWithoutServers(t *testing.T) {
	t.Parallel()
	c := Cluster(t, 1, 1)
	server, client := c.Servers[0], c.Clients[0]
	client.Register(t, Instance{Service: "web", Host: "192.0.2.7", Port: 8080})
	web := instance{ID: "web", Address: "192.0.2.7", Port: 8080, Tags: "[]", Passing: 1, Warning: 1, Status: "passing"}
	awaitInstances(t, client, "web", web)
	before := index(t, client)

	c.KillServers()
	client.Kill()
	client.Launch(t)
	client.Await(t, "answer without servers", func(context.Context) error {
		_, err := client.API().Agent().Self()
		return err
	})
	for _, ask := range []struct {
		how   string
		query api.QueryOptions
	}{
		{"plain", api.QueryOptions{}},
		{"stale", api.QueryOptions{AllowStale: true}},
		{"blocking from where it was", api.QueryOptions{WaitIndex: before, WaitTime: time.Second}},
		{"blocking from 1", api.QueryOptions{WaitIndex: 1, WaitTime: time.Second}},
		{"cached", api.QueryOptions{UseCache: true}},
	} {
		began := time.Now()
		entries, meta, err := client.API().Health().Service("web", "", false, &ask.query)
		took := time.Since(began).Round(time.Millisecond)
		if err != nil {
			t.Logf("%s: %v after %v", ask.how, err, took)
			continue
		}
		t.Logf("%s: %d instances, index %d, known leader %v, last contact %v, after %v",
			ask.how, len(entries), meta.LastIndex, meta.KnownLeader, meta.LastContact, took)
		if len(entries) > 0 || meta.LastIndex >= before {
			t.Errorf("%s: %d instances at index %d: no server told it", ask.how, len(entries), meta.LastIndex)
		}
	}

	server.Start(t)
	client.Ready(t)
	awaitInstances(t, client, "web", web)
}
