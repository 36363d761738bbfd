package outages

import "time"

// agentFaults are what happens to the agent that weir asks.
var agentFaults = []fault{
	{
		name:  "client agent killed",
		lasts: length{5 * time.Second, time.Minute},
		world: oneAndOne,
		inject: func(s *scene) func() {
			s.agent.Kill()
			return func() { s.agent.Launch(s.t) }
		},
		answers: led,
	},
	{
		name:  "client agent frozen",
		lasts: length{5 * time.Second, 2 * time.Minute},
		world: threeAndOne,
		inject: func(s *scene) func() {
			s.agent.Freeze(s.t)
			return func() { s.agent.Thaw(s.t) }
		},
	},
	{
		name:  "agent restarted with empty state",
		lasts: length{5 * time.Second, time.Minute},
		world: inMemory,
		inject: func(s *scene) func() {
			s.agent.Kill()
			s.agent.Start(s.t)
			return func() { s.register(s.all()...) }
		},
		says: []string{holding, returned},
	},
}
