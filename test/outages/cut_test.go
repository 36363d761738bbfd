package outages

import (
	"testing"
	"time"

	"weir/test/consul"
)

// cutFaults are packets that are dropped.
var cutFaults = []fault{
	weirCut("5 s", length{short: 5 * time.Second}),
	weirCut("1 min", length{8 * time.Second, time.Minute}),
	weirCut("2 min", length{11 * time.Second, 2 * time.Minute}),
	{
		name:  "packets between client agent and servers dropped",
		lasts: length{8 * time.Second, 2 * time.Minute},
		world: cuttable,
		inject: func(s *scene) func() {
			s.agent.CutServers(s.t)
			return func() { s.agent.Mend(s.t) }
		},
		answers: led,
	},
}

func weirCut(about string, lasts length) fault {
	return fault{
		name:  "packets between weir and its agent dropped for " + about,
		lasts: lasts,
		world: cuttable,
		inject: func(s *scene) func() {
			s.agent.Cut(s.t)
			return func() { s.agent.Mend(s.t) }
		},
	}
}

func cuttable(t *testing.T) *world {
	if err := consul.CanCut(); err != nil {
		t.Skip("packets can't be dropped here: ", err)
	}
	return threeAndOne(t)
}
