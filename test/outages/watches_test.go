package outages

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"weir/test/consul"
	"weir/test/rig"
)

// The most that a Consul that returns is asked, and that an agent allows one client.
const (
	mostLoads       = 16
	mostConnections = 200
)

// watchFaults are outages that 200 watches return from.
var watchFaults = []fault{
	manyWatches("5 s", length{5 * time.Second, 5 * time.Second}),
	manyWatches("1 min", length{7 * time.Second, time.Minute}),
	manyWatches("5 min", length{9 * time.Second, 5 * time.Minute}),
}

const watched = 200 // services besides "web"

func manyWatches(about string, lasts length) fault {
	return fault{
		name:  fmt.Sprintf("agent of %d watches dead for %s", watched, about),
		lasts: lasts,
		world: withWatches,
		ready: func(s *scene) { s.awaitWatched(0, 1) },
		inject: func(s *scene) func() {
			s.agent.Kill()
			populate(s.t, s.cluster, 2) // so that every watch has something to learn
			return func() {
				s.counter.reset()
				s.agent.Launch(s.t)
			}
		},
		answers: led,
		expect:  func(s *scene) { s.checkReturn() },
	}
}

// checkReturn demands that every watch has learnt what changed during the outage in time, and that
// they didn't ask all at once.
func (s *scene) checkReturn() {
	s.t.Helper()
	all := s.awaitWatched(s.mark, 2).Sub(s.mended)
	if all > s.form.recovery {
		s.t.Errorf("all services were up to date %v after the agent's return, want %v", all, s.form.recovery)
	}
	loads, connections := s.counter.most()
	if loads > mostLoads {
		s.t.Errorf("reads at index 0 under way at once: got %d, want at most %d", loads, mostLoads)
	}
	if connections > mostConnections {
		s.t.Errorf("connections at once: got %d, want at most %d", connections, mostConnections)
	}
	s.note = fmt.Sprintf("all %d services up to date after %s, at most %d reads at once on %d connections", watched, seconds(all), loads, connections)
}

// awaitWatched waits until every watched service has so many instances, and returns since when.
func (s *scene) awaitWatched(mark, instances int) time.Time {
	s.t.Helper()
	var last time.Time
	for i := range watched {
		l := s.weir.AwaitFor(s.t, patience, mark, changed, func(l rig.Line) bool {
			return l.Str("service") == watchedName(i) && l.Num("eligible") == instances
		})
		if l.Time.After(last) {
			last = l.Time
		}
	}
	return last
}

func watchedName(i int) string { return fmt.Sprintf("service-%03d", i) }

func withWatches(t *testing.T) *world {
	w := oneAndOne(t)
	w.counter = startCounter(t, w.agent.HTTP())
	w.catalog = consulCatalog{agent: w.agent, more: address(w.counter.address)}
	var services strings.Builder
	for i := range watched {
		fmt.Fprintf(&services, "service %q {}\nlistener %q {\n  bind    = \"127.0.0.1:0\"\n  service = %q\n}\n", watchedName(i), watchedName(i), watchedName(i))
	}
	w.more = services.String()
	populate(t, w.cluster, 1)
	return w
}

// populate registers another instance of every watched service, which nobody connects to.
func populate(t *testing.T, c *consul.Agents, n int) {
	t.Helper()
	var all []consul.External
	for i := range watched {
		name := watchedName(i)
		all = append(all, consul.External{
			Node:     fmt.Sprintf("nobody-%d", n),
			Instance: consul.Instance{Service: name, ID: name, Host: "192.0.2.1", Port: 80},
		})
	}
	c.RegisterExternal(t, all...)
}
