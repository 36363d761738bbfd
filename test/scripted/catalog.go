package scripted

import (
	"cmp"
	"maps"
	"slices"

	"github.com/hashicorp/consul/api"
)

// An Instance is one registration of a service, on a node of its own.
type Instance struct {
	ID     string
	Host   string
	Port   int
	Weight int    // while it passes; 0: Consul's default, 1
	Status string // of its check; empty: passing
}

type service struct {
	index     uint64
	instances map[string]Instance // by ID
}

// Register adds the instance, or replaces the one with its ID.
func (c *Consul) Register(name string, i Instance) {
	c.change(name, func(s *service) { s.instances[i.ID] = i })
}

// Deregister removes the instance with that ID.
func (c *Consul) Deregister(name, id string) {
	c.change(name, func(s *service) { delete(s.instances, id) })
}

func (c *Consul) change(name string, do func(*service)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.services[name]
	if s == nil {
		s = &service{instances: map[string]Instance{}}
		c.services[name] = s
	}
	do(s)
	c.touch(s)
}

// touch gives the service a new index. The caller holds mu.
func (c *Consul) touch(s *service) {
	c.index++
	s.index = c.index
	c.move()
}

// Instances are those of the service, by ID.
func (c *Consul) Instances(name string) []Instance {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.instances(name)
}

func (c *Consul) instances(name string) []Instance {
	s := c.services[name]
	if s == nil {
		return nil
	}
	return slices.SortedFunc(maps.Values(s.instances), func(a, b Instance) int { return cmp.Compare(a.ID, b.ID) })
}

// entries are the instances as the health endpoint shows them. The caller holds mu.
func (c *Consul) entries(name string) []*api.ServiceEntry {
	entries := []*api.ServiceEntry{} // never null
	for _, i := range c.instances(name) {
		node := "node-" + i.ID
		entries = append(entries, &api.ServiceEntry{
			Node: &api.Node{Node: node, Address: "127.0.0.1", Datacenter: "dc1"},
			Service: &api.AgentService{
				ID: i.ID, Service: name, Tags: []string{}, Address: i.Host, Port: i.Port,
				Weights: api.AgentWeights{Passing: cmp.Or(i.Weight, 1), Warning: 1},
			},
			Checks: api.HealthChecks{
				{Node: node, CheckID: "serfHealth", Name: "Serf Health Status", Status: api.HealthPassing, Output: "Agent alive and reachable"},
				{Node: node, CheckID: "service:" + i.ID, Name: "Service check", Status: cmp.Or(i.Status, api.HealthPassing), ServiceID: i.ID, ServiceName: name},
			},
		})
	}
	return entries
}
