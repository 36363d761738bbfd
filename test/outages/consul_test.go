package outages

import (
	"context"
	"fmt"
	"testing"

	"github.com/hashicorp/consul/api"

	"weir/test/consul"
	"weir/test/rig"
)

// A consulCatalog registers each backend on a node of its own that runs no agent: no fault of an
// agent is one of the instances.
type consulCatalog struct {
	agent *consul.Agent // that takes the registrations
	more  string        // keys of the block
}

func (c consulCatalog) block() string { return "consul" }

func (c consulCatalog) keys() string { return c.more }

func nodeOf(backend string) string { return "node-" + backend }

func (c consulCatalog) add(ctx context.Context, b *rig.Backend) error {
	_, err := c.agent.API().Catalog().Register(&api.CatalogRegistration{
		Node: nodeOf(b.Name), Address: b.Host,
		Service: &api.AgentService{ID: b.Name, Service: "web", Address: b.Host, Port: b.Port, Weights: api.AgentWeights{Passing: 1, Warning: 1}},
	}, (&api.WriteOptions{}).WithContext(ctx))
	return err
}

func (c consulCatalog) remove(ctx context.Context, b *rig.Backend) error {
	_, err := c.agent.API().Catalog().Deregister(&api.CatalogDeregistration{
		Node: nodeOf(b.Name), ServiceID: b.Name,
	}, (&api.WriteOptions{}).WithContext(ctx))
	return err
}

// threeAndOne is Consul as it is run: three servers, and a client agent that weir asks.
func threeAndOne(t *testing.T) *world { return clusterWorld(t, consul.Cluster(t, 3, 1)) }

// oneAndOne is enough where the servers aren't the subject.
func oneAndOne(t *testing.T) *world { return clusterWorld(t, consul.Cluster(t, 1, 1)) }

func clusterWorld(t *testing.T, c *consul.Agents) *world {
	t.Helper()
	return &world{cluster: c, agent: c.Clients[0], catalog: consulCatalog{agent: c.Clients[0], more: address(c.Clients[0].HTTP())}}
}

// inMemory is one agent that loses all with its process.
func inMemory(t *testing.T) *world {
	a := consul.Dev(t, consul.Options{})
	return &world{agent: a, catalog: consulCatalog{agent: a, more: address(a.HTTP())}}
}

// led is the answer of an agent that reaches a leader. It is asked without a change: one that Consul
// had taken but not yet made would come at a bad time.
func led(ctx context.Context, s *scene) error {
	_, _, err := s.agent.API().Health().Service("web", "", false, (&api.QueryOptions{}).WithContext(ctx))
	return err
}

func address(hostPort string) string { return fmt.Sprintf("  address = %q\n", hostPort) }
