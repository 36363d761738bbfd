package main

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"weir/balance"
	"weir/config"
	"weir/discovery"
	"weir/health"
)

func TestMember(t *testing.T) {
	for status, want := range map[discovery.Status][3]int{ // weight by catalog, by heartbeat, in panic
		discovery.Passing:     {5, 5, 5},
		discovery.Warning:     {2, 5, 2},
		discovery.Critical:    {0, 5, 5},
		discovery.Unknown:     {0, 5, 5},
		discovery.Maintenance: {0, 0, 0},
	} {
		in := discovery.Instance{
			Identity: discovery.Identity{Node: "n1", Service: "web-1"}, Host: "192.0.2.1", Port: 80,
			Passing: 5, Warning: 2, Status: status, Held: true,
		}
		got := member(&in)
		if got.Name != "n1/web-1" || got.Addr != netip.MustParseAddrPort("192.0.2.1:80") || !got.Held ||
			[3]int{got.CatalogWeight, got.HeartbeatWeight, got.PanicWeight} != want {
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
	now := time.Now()
	s.update(now)
	s.tiers[0].feed.Publish(instances(3))
	if again, want := s.update(now), now.Add(time.Second/2+lateVerdict); again != want || s.isReady() {
		t.Errorf("before any heartbeat: got ready: %v, again in %v; want false, in %v", s.isReady(), again.Sub(now), want.Sub(now))
	}
	if b := s.pool.Pick(); b != nil {
		t.Errorf("picked %v before its first heartbeat", b)
	}
	s.tiers[0].feed.Publish(instances(0))
	if s.update(now); !s.isReady() {
		t.Error("an empty set has no verdict to wait for")
	}
}

func TestUpdateByCatalogAlone(t *testing.T) {
	s := newService(config.Service{Name: "web", HealthyWhen: config.HealthyCatalog}, nil, health.NewLimiter(1), hclog.NewNullLogger())
	if s.update(time.Now()); s.isReady() {
		t.Error("ready before the catalog has answered")
	}
	s.tiers[0].feed.Publish(instances(3))
	if s.update(time.Now()); !s.isReady() {
		t.Error("not ready though no verdict is awaited")
	}
	if got := s.pool.Snapshot().Len(); got != 3 {
		t.Errorf("eligible: got %d, want 3", got)
	}
}

func (s *service) isReady() bool {
	select {
	case <-s.ready:
		return true
	default:
		return false
	}
}

func TestQueryOfATier(t *testing.T) {
	c := config.Service{
		Name: "web", Tags: []string{"v2"}, Filter: "a == b", HealthyWhen: config.HealthyCatalog,
		OnEmpty: config.OnEmptyHold, EmptyHold: time.Minute, Failover: []string{"dc2", "dc3"},
	}
	s := newService(c, nil, health.NewLimiter(1), hclog.NewNullLogger())
	var got []discovery.Query
	for _, tier := range s.tiers {
		got = append(got, tier.query(c))
	}
	c.OnEmpty = config.OnEmptyApply
	got = append(got, s.tiers[0].query(c))
	q := discovery.Query{Service: "web", Tags: []string{"v2"}, Filter: "a == b", OnEmpty: discovery.Hold, EmptyHold: time.Minute}
	dc2, dc3, apply := q, q, q
	dc2.Datacenter, dc3.Datacenter, apply.OnEmpty = "dc2", "dc3", discovery.Apply
	if diff := cmp.Diff([]discovery.Query{q, dc2, dc3, apply}, got); diff != "" {
		t.Errorf("queries (-want +got):\n%s", diff)
	}
}

// The log names what took an instance out, by who decides.
func TestWhyRemoved(t *testing.T) {
	type in = discovery.Instance
	for name, c := range map[string]struct {
		rule    config.HealthyWhen
		change  func(*in)
		beating balance.Heartbeat
		moved   string
		want    string
	}{
		"critical":              {config.HealthyBoth, func(i *in) { i.Status = discovery.Critical }, balance.Up, "", "critical"},
		"both":                  {config.HealthyBoth, func(i *in) { i.Status = discovery.Critical }, balance.Down, "", "critical"},
		"maintenance":           {config.HealthyHeartbeat, func(i *in) { i.Status = discovery.Maintenance }, balance.Up, "", "maintenance"},
		"weight":                {config.HealthyBoth, func(i *in) { i.Status, i.Warning = discovery.Warning, 0 }, balance.Up, "", "weight-0"},
		"heartbeat":             {config.HealthyBoth, func(*in) {}, balance.Down, "", "heartbeat-down"},
		"heartbeat decides":     {config.HealthyHeartbeat, func(i *in) { i.Status = discovery.Critical }, balance.Down, "", "heartbeat-down"},
		"gone":                  {config.HealthyBoth, func(i *in) { i.Service = "other" }, balance.Up, "", "deregistered"},
		"held and down":         {config.HealthyBoth, func(i *in) { i.Held = true }, balance.Down, "", "held-heartbeat-down"},
		"held, down by catalog": {config.HealthyCatalog, func(i *in) { i.Held = true }, balance.Down, "", "held-heartbeat-down"},
		"the last one down":     {config.HealthyBoth, func(*in) {}, balance.Down, "failover", "heartbeat-down"},
		"the last one gone":     {config.HealthyBoth, func(i *in) { i.Service = "other" }, balance.Up, "failover", "deregistered"},
		"left for a better":     {config.HealthyBoth, func(*in) {}, balance.Up, "failback", "failback"},
		"left, by catalog":      {config.HealthyCatalog, func(*in) {}, balance.Unproven, "failback", "failback"},
		"left, by heartbeat":    {config.HealthyHeartbeat, func(i *in) { i.Status = discovery.Critical }, balance.Up, "failback", "failback"},
	} {
		t.Run(name, func(t *testing.T) {
			in := in{Identity: discovery.Identity{Service: "web-1"}, Host: "192.0.2.1", Port: 80, Passing: 5, Warning: 2, Status: discovery.Passing}
			pool := balance.NewPool(nil)
			b := pool.Update([]balance.Member{member(&in)}, balance.Admission{Rule: balance.Catalog}).Added[0]
			c.change(&in)
			m := member(&in)
			m.Heartbeat = c.beating
			s := &service{conf: config.Service{HealthyWhen: c.rule}}
			r := &roster{set: discovery.NewSet([]discovery.Instance{in}, time.Time{}), members: []balance.Member{m}}
			if got := s.why(b, r, c.moved); got != c.want {
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
