package consul

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/hashicorp/consul/api"
)

// External is an instance on a made-up node, as consul-esm keeps them: no agent holds it, so nothing
// but the test changes it. Its Check field has no meaning: every one bears a check.
type External struct {
	Instance
	Node       string
	NodeStatus string // of its node's check; empty: passing
	Status     string // of its own check; empty: passing
}

// externalCheck is not serfHealth: the leader removes nodes that bear that one and aren't in gossip.
const externalCheck = "externalNodeHealth"

// perTxn instances go in one transaction: Consul takes 128 operations, and one is up to four.
const perTxn = 32

// RegisterExternal adds the instances, or replaces the ones with their node and ID. Up to 32 come at
// once, by one transaction.
func (c *Agents) RegisterExternal(t testing.TB, instances ...External) {
	t.Helper()
	for batch := range slices.Chunk(instances, perTxn) {
		var ops api.TxnOps
		for _, e := range batch {
			ops = append(ops, e.register()...)
		}
		c.transact(t, ops)
	}
}

// DeregisterExternal removes the instances with these nodes and IDs, up to 32 at once. Their nodes stay.
func (c *Agents) DeregisterExternal(t testing.TB, instances ...External) {
	t.Helper()
	for batch := range slices.Chunk(instances, perTxn) {
		var ops api.TxnOps
		for _, e := range batch {
			ops = append(ops, &api.TxnOp{Service: &api.ServiceTxnOp{
				Verb: api.ServiceDelete, Node: e.Node, Service: api.AgentService{ID: e.id(), Service: e.Service},
			}})
		}
		c.transact(t, ops)
	}
}

func (c *Agents) transact(t testing.TB, ops api.TxnOps) {
	t.Helper()
	c.ask(t, "change of the catalog", func(ctx context.Context, server *api.Client) error {
		done, answer, _, err := server.Txn().Txn(ops, (&api.QueryOptions{}).WithContext(ctx))
		if err != nil {
			return err
		}
		if !done {
			return errors.New(answer.Errors[0].What)
		}
		return nil
	})
}

func (e External) register() api.TxnOps {
	if e.Weights == (Weights{}) {
		e.Weights = Weights{1, 1}
	}
	check := func(id, service, status string) *api.TxnOp {
		return &api.TxnOp{Check: &api.CheckTxnOp{Verb: api.CheckSet, Check: api.HealthCheck{
			Node: e.Node, CheckID: id, Name: id, ServiceID: service, Status: cmp.Or(status, api.HealthPassing),
		}}}
	}
	return api.TxnOps{
		{Node: &api.NodeTxnOp{Verb: api.NodeSet, Node: api.Node{
			Node: e.Node, Address: "192.0.2.1", Meta: map[string]string{"external-node": "true"},
		}}},
		{Service: &api.ServiceTxnOp{Verb: api.ServiceSet, Node: e.Node, Service: api.AgentService{
			ID: e.id(), Service: e.Service, Address: e.Host, Port: e.Port, Tags: e.Tags, Meta: e.Meta,
			Weights: api.AgentWeights{Passing: e.Weights.Passing, Warning: e.Weights.Warning},
		}}},
		check(externalCheck, "", e.NodeStatus),
		check("service:"+e.id(), e.id(), e.Status),
	}
}

func (e External) id() string { return cmp.Or(e.ID, e.Service) }
