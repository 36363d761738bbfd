package outages

import (
	"testing"
	"time"

	"weir/test/consul"
)

// restoreFaults are what an operator does to Consul's whole state.
var restoreFaults = []fault{
	{
		name:  "snapshot of an older state restored",
		world: threeAndOne,
		moves: true,
		inject: func(s *scene) func() {
			older := save(s.t, s.cluster)
			s.deregister("c", "d")
			s.weir.Eligible(s.t, s.mark, 2)
			mark := s.weir.Mark()
			s.cluster.Restore(s.t, older)
			restored := time.Now()
			back := s.weir.AwaitFor(s.t, patience, mark, changed, eligible(4))
			took := max(0, back.Time.Sub(restored))
			if took > pollEnds {
				s.t.Errorf("what the restored state has was in the set after %v, want %v", took, pollEnds)
			}
			s.note = "what the restored state has was in the set after " + seconds(took)
			return nil
		},
	},
	{
		name:  "snapshot of a state without instances restored",
		lasts: length{5 * time.Second, time.Minute},
		world: withEmptyState,
		inject: func(s *scene) func() {
			full := save(s.t, s.cluster)
			s.cluster.Restore(s.t, s.saved)
			// Not registered one by one: a poll that ends in between is right to say that one is gone.
			return func() { s.cluster.Restore(s.t, full) }
		},
		expect: func(s *scene) {
			s.note = "weir's poll hadn't ended, and nothing was seen of it"
			if len(s.weir.Find(holding)) > 0 {
				s.note = "held"
			}
		},
	},
}

// pollEnds is when a poll has ended for sure: an agent's stream doesn't tell that its servers have
// gone back in time.
const pollEnds = 80 * time.Second

func withEmptyState(t *testing.T) *world {
	w := threeAndOne(t)
	w.saved = save(t, w.cluster)
	return w
}

// save waits for an election to end first, of which there may be some on a machine with much to do.
func save(t *testing.T, c *consul.Agents) []byte {
	t.Helper()
	c.Leader(t)
	return c.Save(t)
}
