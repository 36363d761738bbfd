package outages

import (
	"time"

	"weir/test/consul"
	"weir/test/rig"
)

// What weir says of instances that vanish from the catalog.
const (
	holding  = "most instances vanished from the catalog, holding them"
	returned = "vanished instances are back"
	believed = "vanished instances are believed gone"
)

const (
	hold     = 8 * time.Second
	holdKeys = `  empty_hold = "8s"`
)

// catalogFaults are what a catalog says that is in order itself.
var catalogFaults = []fault{
	{
		name:  "all instances deregistered at once and back",
		lasts: length{short: 5 * time.Second},
		world: oneAndOne,
		inject: func(s *scene) func() {
			s.deregisterAtOnce(s.all()...)
			return func() { s.register(s.all()...) }
		},
		says: []string{holding, returned},
	},
	{
		name:  "all instances deregistered one by one and back",
		lasts: length{short: 5 * time.Second},
		world: oneAndOne,
		moves: true, // the first ones: nothing is suspicious about them
		inject: func(s *scene) func() {
			s.deregister(s.all()...)
			return func() { s.register(s.all()...) }
		},
		says: []string{holding},
	},
	{
		name:  "all instances deregistered for good",
		world: oneAndOne,
		keys:  holdKeys,
		moves: true,
		inject: func(s *scene) func() {
			gone := time.Now()
			s.deregisterAtOnce(s.all()...)
			s.settle(hold / 2)
			s.pauseLoad() // who connects to a service without instances is refused
			s.believedAfter(gone, 0)
			return func() {
				mark := s.weir.Mark()
				s.register(s.all()...)
				s.weir.Eligible(s.t, mark, len(s.backends))
				s.resumeLoad()
			}
		},
		says: []string{holding, believed},
	},
	{
		name:      "five of six instances deregistered for good",
		world:     oneAndOne,
		instances: []string{"a", "b", "c", "d", "e", "f"},
		keys:      holdKeys,
		moves:     true,
		inject: func(s *scene) func() {
			gone := time.Now()
			s.deregisterAtOnce("b", "c", "d", "e", "f")
			s.believedAfter(gone, 1)
			return nil
		},
		says: []string{holding, believed},
	},
}

// believedAfter demands that the instances leave the set, but not before the hold is over.
func (s *scene) believedAfter(gone time.Time, left int) {
	s.t.Helper()
	l := s.weir.AwaitFor(s.t, hold+s.form.recovery, s.mark, changed, func(l rig.Line) bool { return l.Num("eligible") == left })
	took := l.Time.Sub(gone)
	if took < hold {
		s.t.Errorf("the instances left the set after %v, want a hold of %v", took, hold)
	}
	s.note = "applied after " + seconds(took) + ", a hold of " + hold.String()
}

// deregisterAtOnce takes the backends out by one change of a cluster's catalog.
func (s *scene) deregisterAtOnce(names ...string) {
	s.t.Helper()
	var instances []consul.External
	for _, name := range names {
		instances = append(instances, consul.External{Node: nodeOf(name), Instance: consul.Instance{Service: "web", ID: name}})
	}
	s.cluster.DeregisterExternal(s.t, instances...)
}
