package outages

import (
	"context"
	"strings"
	"testing"
	"time"

	"weir/test/consul"
	"weir/test/rig"
)

const (
	failingOver = "failing over"
	failingBack = "failing back"

	failback     = 3 * time.Second
	failoverKeys = "  failover = [\"dc2\"]\n  failback = \"3s\"\n"
)

// failoverFaults are what happens to a whole datacenter.
var failoverFaults = []fault{{
	name:  "all instances of the local datacenter killed",
	lasts: length{6 * time.Second, time.Minute},
	world: twoDatacenters,
	keys:  failoverKeys,
	ready: func(s *scene) { s.startFar() },
	inject: func(s *scene) func() {
		const limit = fall*interval + timeout + time.Second
		killed := time.Now()
		s.excused = append(s.excused, span{killed.Add(-100 * time.Millisecond), killed.Add(limit)})
		for _, name := range s.all() {
			s.backends[name].Kill()
			s.killed = append(s.killed, name)
		}
		over := s.weir.AwaitFor(s.t, patience, s.mark, failingOver, nil)
		s.note = "the second datacenter served " + seconds(over.Time.Sub(killed)) + " after the kill"
		return func() {
			mark := s.weir.Mark()
			for _, name := range s.all() {
				s.backends[name].Start(s.t)
			}
			up := s.weir.AwaitFor(s.t, patience, mark, "backend up", nil)
			back := s.weir.AwaitFor(s.t, patience, mark, failingBack, nil)
			took := back.Time.Sub(up.Time)
			if took < failback {
				s.t.Errorf("failed back %v after the first instance was up, want at least %v", took, failback)
			}
			s.note += ", and the first again " + seconds(took) + " after its first instance's return"
		}
	},
}}

func twoDatacenters(t *testing.T) *world {
	near := consul.NewCluster(t, consul.ClusterOptions{Datacenter: "dc1", Servers: 1, Clients: 1, WAN: true})
	far := consul.NewCluster(t, consul.ClusterOptions{Datacenter: "dc2", Servers: 1, WAN: true})
	consul.JoinWAN(t, near, far)
	w := clusterWorld(t, near)
	w.far = far
	return w
}

// startFar registers two backends in the second datacenter, and waits until weir knows them.
func (s *scene) startFar() {
	s.t.Helper()
	c := consulCatalog{agent: s.far.Servers[0]}
	for _, name := range []string{"x", "y"} {
		b := rig.StartBackend(s.t, name)
		s.until("registration of "+name, func(ctx context.Context) error { return c.add(ctx, b) })
		s.weir.AwaitFor(s.t, patience, 0, "backend up", func(l rig.Line) bool { return strings.HasSuffix(l.Str("backend"), "/"+name) })
	}
}
