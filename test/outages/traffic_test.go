package outages

import (
	"slices"
	"strings"
	"time"

	"weir/test/rig"
)

// traffic is the load and the long-lived connections of a scene, and what became of them.
type traffic struct {
	load    *rig.Load
	chats   rig.Chats
	started time.Time

	asked    []rig.Result // besides the load
	excused  []span       // when connections that begin may fail: they are reported, not counted
	killed   []string     // backends that were, and took their connections along
	freshOut time.Time    // when the fresh backend was out of the set for good

	connections, failed, cut, reported int
}

func (s *scene) startTraffic() {
	s.t.Helper()
	s.started = time.Now()
	s.chats = rig.StartChats(s.t, s.addr)
	s.resumeLoad()
}

// stopTraffic ends all connections and demands that none failed or was cut.
func (s *scene) stopTraffic() {
	s.t.Helper()
	s.pauseLoad()
	s.checkChats()
}

// pauseLoad stops the new connections; the long-lived ones go on.
func (s *scene) pauseLoad() {
	s.t.Helper()
	results := append(s.load.Stop(), s.asked...)
	s.connections += len(results)
	if len(results) == 0 {
		s.t.Error("no connections were made")
	}
	s.checkResults(results)
	s.asked, s.excused = nil, nil
}

func (s *scene) resumeLoad() {
	s.t.Helper()
	s.load = rig.StartLoad(s.t, s.addr, s.form.rate)
}

func (s *scene) checkResults(results []rig.Result) {
	s.t.Helper()
	const reaction = 200 * time.Millisecond // two clocks
	for _, r := range results {
		if r.Name == s.fresh.Name && r.Began.After(s.freshOut.Add(reaction)) {
			s.t.Errorf("the instance that left the set at %s answered a connection that began at %s", clock(s.freshOut), clock(r.Began))
		}
		if r.Err == nil {
			continue
		}
		said := s.weir.Finished(r.Client, r.Began)
		// On a busy machine an exchange may have begun long before its backend was killed.
		if slices.ContainsFunc(s.excused, func(e span) bool { return e.has(r.Began) || r.Began.Before(e.from) && s.tookAlong(said) }) {
			s.reported++
			continue
		}
		if s.failed++; s.failed <= 5 {
			s.t.Errorf("connection at %s failed: %v; weir says: %v", clock(r.Began), r.Err, said.Fields)
		}
	}
	if s.failed > 5 {
		s.t.Errorf("%d connections failed in all", s.failed)
	}
}

// tookAlong reports whether the backend of a connection was killed.
func (s *scene) tookAlong(said rig.Line) bool {
	_, name, _ := strings.Cut(said.Str("instance"), "/")
	return slices.Contains(s.killed, name)
}

func (s *scene) checkChats() {
	s.t.Helper()
	s.chats.Stop()
	s.connections += len(s.chats)
	for _, c := range s.chats {
		if c.Err == nil {
			continue
		}
		said := s.weir.Finished(c.Client, s.started)
		if s.tookAlong(said) {
			s.reported++
			continue
		}
		s.cut++
		s.t.Errorf("long-lived connection was cut after %d lines: %v; weir says: %v", c.Lines, c.Err, said.Fields)
	}
}
