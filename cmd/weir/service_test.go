package main

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"weir/balance"
	"weir/config"
	"weir/discovery"
	"weir/health"
)

func TestMember(t *testing.T) {
	addr := netip.MustParseAddrPort("192.0.2.1:80")
	for status, want := range map[discovery.Status][2]int{ // weight by catalog, by heartbeat
		discovery.Passing:     {5, 5},
		discovery.Warning:     {2, 5},
		discovery.Critical:    {0, 5},
		discovery.Unknown:     {0, 5},
		discovery.Maintenance: {0, 0},
	} {
		in := discovery.Instance{Identity: discovery.Identity{Node: "n1", Service: "web-1"}, Passing: 5, Warning: 2, Status: status}
		got := member(in, addr)
		if got.Name != "n1/web-1" || got.Addr != addr || [2]int{got.CatalogWeight, got.HeartbeatWeight} != want {
			t.Errorf("%s: got %+v, want weights %v", status, got, want)
		}
	}
}

// An instance without a verdict gets nothing, and the service isn't ready
// before it has one.
func TestUpdateAwaitsVerdicts(t *testing.T) {
	s := newService(config.Service{
		Name: "web", HealthyWhen: config.HealthyBoth, Balance: config.WeightedRoundRobin,
		Heartbeat: &config.Heartbeat{Type: config.TCP, Interval: time.Second, Timeout: time.Second / 2, Rise: 1, Fall: 1},
	}, nil, health.NewLimiter(1), hclog.NewNullLogger())
	if s.update(instances(3)) {
		t.Error("settled before any heartbeat")
	}
	if b := s.pool.Pick(); b != nil {
		t.Errorf("picked %v before its first heartbeat", b)
	}
	if !s.update(instances(0)) {
		t.Error("an empty set has no verdict to wait for")
	}
}

func TestUpdateByCatalogAlone(t *testing.T) {
	s := newService(config.Service{Name: "web", HealthyWhen: config.HealthyCatalog}, nil, health.NewLimiter(1), hclog.NewNullLogger())
	if !s.update(instances(3)) {
		t.Error("not settled though no verdict is awaited")
	}
	if got := s.pool.Snapshot().Len(); got != 3 {
		t.Errorf("eligible: got %d, want 3", got)
	}
}

// The log names what took an instance out, by who decides.
func TestWhyRemoved(t *testing.T) {
	for name, c := range map[string]struct {
		rule    config.HealthyWhen
		change  func(*discovery.Instance)
		beating balance.Heartbeat
		want    string
	}{
		"critical":          {config.HealthyBoth, func(i *discovery.Instance) { i.Status = discovery.Critical }, balance.Up, "critical"},
		"both":              {config.HealthyBoth, func(i *discovery.Instance) { i.Status = discovery.Critical }, balance.Down, "critical"},
		"maintenance":       {config.HealthyHeartbeat, func(i *discovery.Instance) { i.Status = discovery.Maintenance }, balance.Up, "maintenance"},
		"weight":            {config.HealthyBoth, func(i *discovery.Instance) { i.Status, i.Warning = discovery.Warning, 0 }, balance.Up, "weight-0"},
		"heartbeat":         {config.HealthyBoth, func(*discovery.Instance) {}, balance.Down, "heartbeat-down"},
		"heartbeat decides": {config.HealthyHeartbeat, func(i *discovery.Instance) { i.Status = discovery.Critical }, balance.Down, "heartbeat-down"},
		"gone":              {config.HealthyBoth, func(i *discovery.Instance) { i.Service = "other" }, balance.Up, "deregistered"},
	} {
		t.Run(name, func(t *testing.T) {
			addr := netip.MustParseAddrPort("192.0.2.1:80")
			in := discovery.Instance{Identity: discovery.Identity{Service: "web-1"}, Passing: 5, Warning: 2, Status: discovery.Passing}
			pool := balance.NewPool(balance.Catalog, nil)
			b := pool.Update([]balance.Member{member(in, addr)}).Added[0]
			c.change(&in)
			m := member(in, addr)
			m.Heartbeat = c.beating
			s := &service{conf: config.Service{HealthyWhen: c.rule}}
			r := &roster{set: discovery.NewSet([]discovery.Instance{in}, time.Time{}), members: []balance.Member{m}}
			if got := s.why(b, r); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func instances(n int) *discovery.Set {
	list := make([]discovery.Instance, n)
	for i := range list {
		list[i] = discovery.Instance{
			Identity: discovery.Identity{Datacenter: "dc1", Node: fmt.Sprintf("node-%d", i%500), Service: fmt.Sprintf("web-%d", i)},
			Host:     fmt.Sprintf("10.0.%d.%d", i/250, i%250), Port: 8000 + i%7,
			Passing: 1 + i%13, Warning: 1, Status: discovery.Passing,
		}
	}
	return discovery.NewSet(list, time.Now())
}
