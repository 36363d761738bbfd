package outages

import "time"

// serverFaults are what happens to Consul's servers.
var serverFaults = []fault{
	{
		name:  "leader killed",
		world: threeAndOne,
		inject: func(s *scene) func() {
			s.cluster.Leader(s.t).Kill()
			return nil // the others elect one
		},
		answers: led,
	},
	{
		name:  "all servers killed",
		lasts: length{5 * time.Second, time.Minute},
		world: threeAndOne,
		inject: func(s *scene) func() {
			s.cluster.KillServers()
			return s.launchServers
		},
		answers: led,
	},
	{
		name:  "leader frozen",
		lasts: length{5 * time.Second, time.Minute},
		world: threeAndOne,
		inject: func(s *scene) func() {
			leader := s.cluster.Leader(s.t)
			leader.Freeze(s.t)
			return func() { leader.Thaw(s.t) }
		},
		answers: led,
	},
	{
		name:  "client agent restarted while all servers are dead",
		lasts: length{10 * time.Second, 90 * time.Second}, // longer than a poll waits
		world: threeAndOne,
		inject: func(s *scene) func() {
			s.cluster.KillServers()
			s.agent.Kill()
			s.agent.Launch(s.t)
			return s.launchServers
		},
		answers: led,
	},
}

// launchServers doesn't wait for them to find each other.
func (s *scene) launchServers() {
	for _, a := range s.cluster.Servers {
		a.Launch(s.t)
	}
}
