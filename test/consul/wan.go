package consul

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/hashicorp/consul/api"
)

// JoinWAN joins two datacenters of different names, both made with the WAN option, and waits until
// every agent of each gets health answers from the other. Where ACLs are on, each datacenter has its
// own: a token works in both only if both were made with it.
func JoinWAN(t testing.TB, a, b *Agents) {
	t.Helper()
	if err := a.Servers[0].api.Agent().Join(b.Servers[0].gossipWAN(), true); err != nil {
		t.Fatalf("join %s with %s: %v", a.Datacenter, b.Datacenter, err)
	}
	a.rejoinWAN(t, b)
	b.rejoinWAN(t, a)
	for _, agent := range a.all() {
		agent.awaitDatacenter(t, b)
	}
	for _, agent := range b.all() {
		agent.awaitDatacenter(t, a)
	}
}

// rejoinWAN lets servers that start again join by themselves.
func (c *Agents) rejoinWAN(t testing.TB, far *Agents) {
	t.Helper()
	join := object{"retry_join_wan": addresses(far.Servers, (*Agent).gossipWAN), "retry_interval_wan": "200ms"}
	for _, a := range c.Servers {
		a.additions = append(a.additions, join)
		a.writeConfig(t)
	}
}

func (a *Agent) awaitDatacenter(t testing.TB, far *Agents) {
	t.Helper()
	a.Await(t, "all servers of "+far.Datacenter, func(ctx context.Context) error {
		query := (&api.QueryOptions{Datacenter: far.Datacenter}).WithContext(ctx)
		known, err := a.api.Catalog().Datacenters()
		if err != nil {
			return err
		}
		if !slices.Contains(known, far.Datacenter) {
			return fmt.Errorf("only %v are known", known)
		}
		servers, _, err := a.api.Health().Service("consul", "", true, query)
		if err != nil {
			return err
		}
		if len(servers) < len(far.Servers) {
			return errors.New("some are missing")
		}
		return nil
	})
}
