package consul

import "testing"

func TestRestoreBringsTheCatalogBack(t *testing.T) {
	t.Parallel()
	c := Cluster(t, 3, 1)
	client := c.Clients[0]
	old := External{Node: "rack-1", Instance: Instance{Service: "web", ID: "web-1", Host: "192.0.2.7", Port: 8080}}
	recent := External{Node: "rack-2", Instance: Instance{Service: "web", ID: "web-2", Host: "192.0.2.8", Port: 8080}}
	want := func(id, host string) instance {
		return instance{ID: id, Address: host, Port: 8080, Tags: "[]", Passing: 1, Warning: 1, Status: "passing"}
	}
	c.RegisterExternal(t, old)
	awaitInstances(t, client, "web", want("web-1", "192.0.2.7"))
	saved := c.Save(t)

	c.DeregisterExternal(t, old)
	c.RegisterExternal(t, recent)
	awaitInstances(t, client, "web", want("web-2", "192.0.2.8"))
	before := index(t, client)

	c.Restore(t, saved)
	awaitInstances(t, client, "web", want("web-1", "192.0.2.7"))
	if after := index(t, client); after >= before {
		t.Errorf("index before the restore %d, after it %d: want it to fall", before, after)
	}
}
