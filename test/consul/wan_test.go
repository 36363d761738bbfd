package consul

import (
	"testing"

	"github.com/hashicorp/consul/api"
)

func TestJoinedDatacentersSeeEachOther(t *testing.T) {
	t.Parallel()
	near := NewCluster(t, ClusterOptions{Servers: 1, Clients: 1, WAN: true})
	far := NewCluster(t, ClusterOptions{Datacenter: "dc2", Servers: 1, WAN: true})
	JoinWAN(t, near, far)
	far.Servers[0].Register(t, Instance{Service: "web", Host: "192.0.2.7", Port: 8080})
	web := instance{ID: "web", Address: "192.0.2.7", Port: 8080, Tags: "[]", Passing: 1, Warning: 1, Status: "passing"}
	awaitInstances(t, far.Servers[0], "web", web)

	client := near.Clients[0]
	entries, _, err := client.API().Health().Service("web", "", false, &api.QueryOptions{Datacenter: "dc2"})
	if err != nil || len(entries) != 1 || entries[0].Node.Datacenter != "dc2" {
		t.Errorf("web of dc2: got %+v, %v; want its one instance", entries, err)
	}
	awaitInstances(t, client, "web") // dc1 has none

	far.KillServers()
	far.StartServers(t)
	client.awaitDatacenter(t, far)
	near.KillServers()
	near.StartServers(t)
	client.awaitDatacenter(t, far)
}
