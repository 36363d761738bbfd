package consul

import "testing"

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
