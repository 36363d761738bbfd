package operate

import (
	"fmt"
	"testing"

	"weir/test/consul"
	"weir/test/rig"
)

// Maintenance, which only Consul knows, and a removal there drain as files do.
func TestDrainInConsul(t *testing.T) {
	for _, c := range []struct {
		name     string
		withdraw func(t *testing.T, a *consul.Agent, id string)
	}{
		{"maintenance", func(t *testing.T, a *consul.Agent, id string) { a.Maintain(t, id, true) }},
		{"deregistered", func(t *testing.T, a *consul.Agent, id string) { a.Deregister(t, id) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			agent := consul.Dev(t, consul.Options{})
			s := newSite(t)
			s.plan.catalog = fmt.Sprintf("consul {\naddress = %q\n}", agent.HTTP())
			s.plan.services["web"] = servicePlan{drainKeys, patientHeartbeat}
			for _, b := range s.backends["web"] {
				agent.Register(t, instance(b))
			}
			s.run()
			s.startTraffic()
			mark := s.weir.Mark()
			c.withdraw(t, agent, instance(s.backend("web", "b")).ID)
			left := s.weir.Await(t, mark, setChanged, lost("web-b"))
			s.endAt("instance in Consul: "+c.name, "b", left.Time.Add(drain), "drained")
		})
	}
}

func instance(b *rig.Backend) consul.Instance {
	return consul.Instance{Service: "web", ID: rig.InstanceID("web", b.Name), Host: b.Host, Port: b.Port}
}
