package consul

import (
	"fmt"
	"testing"
)

func TestExternalInstancesAreWhatTheTestSays(t *testing.T) {
	t.Parallel()
	c := Cluster(t, 1, 1)
	client := c.Clients[0]
	const many = 2*perTxn + 5 // the last transaction isn't full
	var external []External
	var want []instance
	for i := range many {
		id := fmt.Sprintf("web-%02d", i)
		external = append(external, External{
			Node:     fmt.Sprintf("rack-%02d", i),
			Instance: Instance{Service: "web", ID: id, Host: "192.0.2.7", Port: 8000 + i, Tags: []string{"blue"}, Weights: Weights{3, 1}},
		})
		want = append(want, instance{ID: id, Address: "192.0.2.7", Port: 8000 + i, Tags: "[blue]", Passing: 3, Warning: 1, Status: "passing"})
	}
	c.RegisterExternal(t, external...)
	awaitInstances(t, client, "web", want...)

	external[1].Status, want[1].Status = "warning", "warning"
	external[2].NodeStatus, want[2].Status = "critical", "critical"
	external[3].Weights, want[3].Passing, want[3].Warning = Weights{}, 1, 1
	c.RegisterExternal(t, external[:4]...)
	awaitInstances(t, client, "web", want...)

	c.DeregisterExternal(t, external[1:]...)
	awaitInstances(t, client, "web", want[0])
	c.DeregisterExternal(t, external...) // most are gone: nothing wrong with that
	awaitInstances(t, client, "web")
}
