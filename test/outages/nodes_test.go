package outages

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"

	"weir/test/consul"
	"weir/test/rig"
)

// nodeFaults are what happens to the node that the instances are on.
var nodeFaults = []fault{
	nodeAgentKilled("both", panics, panicOver),
	nodeAgentKilled("catalog", panics, panicOver),
	nodeAgentKilled("heartbeat"),
}

// What weir says when it uses instances that aren't eligible.
const (
	panics    = "panic: too few instances are eligible, using all that had a verdict"
	panicOver = "panic is over"
)

// nodeAgentKilled makes the check of the node critical on which all instances are and go on serving.
func nodeAgentKilled(healthyWhen string, says ...string) fault {
	return fault{
		name:  "agent of the node of all instances killed, healthy_when " + healthyWhen,
		lasts: length{5 * time.Second, time.Minute},
		world: withNode,
		keys:  fmt.Sprintf("  healthy_when = %q\n", healthyWhen),
		says:  says,
		inject: func(s *scene) func() {
			node := s.catalog.(nodeCatalog).node
			node.Kill()
			s.agent.Await(s.t, "critical check of the node", func(ctx context.Context) error {
				checks, _, err := s.agent.API().Health().Node(node.Name, (&api.QueryOptions{}).WithContext(ctx))
				for _, check := range checks {
					if check.CheckID == "serfHealth" && check.Status == api.HealthCritical {
						return nil
					}
				}
				return errors.Join(err, errors.New("not critical"))
			})
			return func() { node.Start(s.t) }
		},
	}
}

// A nodeCatalog registers the first backends with an agent, whose node they are on, as services do
// themselves; the fresh one as a consulCatalog does.
type nodeCatalog struct {
	consulCatalog
	node *consul.Agent
}

func (c nodeCatalog) add(ctx context.Context, b *rig.Backend) error {
	if b.Name == freshName {
		return c.consulCatalog.add(ctx, b)
	}
	return c.node.API().Agent().ServiceRegisterOpts(
		&api.AgentServiceRegistration{ID: b.Name, Name: "web", Address: b.Host, Port: b.Port},
		api.ServiceRegisterOpts{}.WithContext(ctx))
}

func withNode(t *testing.T) *world {
	c := consul.Cluster(t, 1, 2)
	w := clusterWorld(t, c)
	w.catalog = nodeCatalog{w.catalog.(consulCatalog), c.Clients[1]}
	return w
}
