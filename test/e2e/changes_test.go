package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"weir/test/consul"
	"weir/test/rig"
)

// reaction is how long after Consul's answer reached weir a pick may still
// choose what the answer took out.
const reaction = 200 * time.Millisecond

// An absence is a time in which a backend must get no new connection.
type absence struct {
	name     string
	from, to time.Time
}

// A scene is weir under load while things happen to its backends.
type scene struct {
	t        *testing.T
	agent    *consul.Agent
	weir     *rig.Weir
	eligible int
	absences []absence
	kills    map[string]span // by backend
}

// A span is the time that a kill takes. Until its end the kernel goes on taking
// connections for the dying process, which nobody will ever serve.
type span struct{ from, to time.Time }

// catalogOut does something in Consul that takes a backend out of the set.
func (s *scene) catalogOut(name string, do func()) {
	s.t.Helper()
	mark := s.weir.Mark()
	do()
	learnt := s.catalogAnswer(mark)
	s.eligible--
	s.weir.Eligible(s.t, mark, s.eligible)
	s.absences = append(s.absences, absence{name: name, from: learnt.Add(reaction)})
}

// heartbeatOut does something that only the heartbeat can see.
func (s *scene) heartbeatOut(name string, do func()) {
	s.t.Helper()
	mark := s.weir.Mark()
	do()
	const interval, timeout, fall = 200 * time.Millisecond, 100 * time.Millisecond, 2 // as in heartbeats
	noticed := time.Now().Add(fall*interval + timeout)
	s.eligible--
	s.weir.Eligible(s.t, mark, s.eligible)
	s.absences = append(s.absences, absence{name: name, from: noticed.Add(reaction)})
}

// back does something that brings a backend back, and ends its absence.
func (s *scene) back(name string, do func()) {
	s.t.Helper()
	mark := s.weir.Mark()
	for i := range s.absences {
		if s.absences[i].name == name && s.absences[i].to.IsZero() {
			s.absences[i].to = time.Now()
		}
	}
	do()
	s.eligible++
	s.weir.Eligible(s.t, mark, s.eligible)
}

func (s *scene) catalogAnswer(mark int) time.Time {
	s.t.Helper()
	l := s.weir.Await(s.t, mark, "set changed", nil)
	learnt, err := time.Parse(time.RFC3339Nano, l.Str("learnt"))
	if err != nil {
		s.t.Fatal(err)
	}
	return learnt
}

// settle lets the load run against the state as it is: the test's subject is
// what happens under load, not how quickly we can change things.
func (s *scene) settle(d time.Duration) { time.Sleep(d) }

// Under a steady load, everything that can happen to an instance happens, and
// no connection fails while one backend is good.
func TestChangesUnderLoad(t *testing.T) {
	t.Parallel()                    // see TestTokenLosesItsRights
	step := 4400 * time.Millisecond // a minute in all
	if testing.Short() {
		step = 500 * time.Millisecond
	}
	agent := consul.Dev(t, consul.Options{})
	backends := map[string]*rig.Backend{}
	for i, name := range []string{"a", "b", "c", "d"} {
		backends[name] = rig.StartBackend(t, name)
		register(t, agent, backends[name], i+1)
	}
	w := rig.StartWeir(t, webConfig(agent, heartbeats))
	addr := w.Address(t, "web")
	w.Eligible(t, 0, 4)
	s := &scene{t: t, agent: agent, weir: w, eligible: 4, kills: map[string]span{}}

	chats := rig.StartChats(t, addr)
	l := rig.StartLoad(t, addr, 200)
	started := time.Now()
	s.settle(step)

	e := rig.StartBackend(t, "e")
	s.back("e", func() { register(t, agent, e, 3) })
	s.settle(step)
	s.catalogOut("a", func() { agent.Deregister(t, "a") })
	s.settle(step)
	s.catalogOut("b", func() { agent.Maintain(t, "b", true) })
	s.settle(step)
	s.back("a", func() { register(t, agent, backends["a"], 2) })
	s.settle(step)
	s.back("b", func() { agent.Maintain(t, "b", false) })
	s.settle(step)
	s.catalogOut("c", func() { agent.Fail(t, "c") })
	s.settle(step)
	s.heartbeatOut("d", func() { backends["d"].SetSick(t, true) })
	s.settle(step)
	s.back("c", func() { agent.Pass(t, "c") })
	s.settle(step)
	s.back("d", func() { backends["d"].SetSick(t, false) })
	s.settle(step)
	s.heartbeatOut("e", func() {
		from := time.Now()
		e.Kill()
		s.kills["e"] = span{from, time.Now()}
	})
	s.settle(step)
	s.back("e", func() { e.Start(t) })
	s.settle(step)
	mark := w.Mark()
	agent.Warn(t, "b") // weight 2 becomes 1
	w.Await(t, mark, "eligible set changed", func(l rig.Line) bool { return strings.Contains(fmt.Sprint(l.Fields["reweighted"]), "/b") })
	s.settle(step)
	mark = w.Mark()
	register(t, agent, backends["a"], 7) // re-registered with another weight
	w.Await(t, mark, "eligible set changed", func(l rig.Line) bool { return strings.Contains(fmt.Sprint(l.Fields["reweighted"]), "/a") })
	s.settle(step)
	s.catalogOut("a", func() { agent.MaintainNode(t, true); s.eligible = 1 }) // a node's maintenance takes all out
	if !testing.Short() {
		t.Logf("lasted %v", time.Since(started).Round(time.Second))
	}
	results := l.Stop()
	if n := len(results); n == 0 {
		t.Fatal("no connections were made")
	}
	s.check(results, s.absences[len(s.absences)-1].from.Add(-reaction))
	s.checkChats(chats)
	if code := w.Stop(t); code != 0 {
		t.Errorf("exit code: got %d, want 0", code)
	}
}

// check looks at all connections that began before the end, when the last
// good backend was taken away.
func (s *scene) check(results []rig.Result, end time.Time) {
	s.t.Helper()
	counts := map[string]int{}
	failed := 0
	for _, r := range results {
		if r.Began.After(end.Add(-50 * time.Millisecond)) {
			continue
		}
		if r.Err != nil {
			if s.excused(r) {
				s.t.Logf("joined to a backend that was killed then: %v", r.Err)
				continue
			}
			failed++
			s.t.Errorf("connection from %s at %s failed: %v; weir says: %v", r.Client, r.Began.Format("15:04:05.000"), r.Err, s.weir.Finished(r.Client, r.Began).Fields)
			continue
		}
		counts[r.Name]++
		for _, a := range s.absences {
			if r.Name == a.name && r.Began.After(a.from) && (a.to.IsZero() || r.Began.Before(a.to)) {
				s.t.Errorf("connection at %s went to %s, which was out since %s", r.Began.Format("15:04:05.000"), r.Name, a.from.Format("15:04:05.000"))
			}
		}
	}
	s.t.Logf("%d connections, %d failed, by backend: %v", len(results), failed, counts)
}

// excused reports whether a failed connection had been joined to a backend
// that was killed after the join.
func (s *scene) excused(r rig.Result) bool {
	l := s.weir.Finished(r.Client, r.Began)
	if l.Str("end") != "backend_reset" {
		return false
	}
	_, name, _ := strings.Cut(l.Str("instance"), "/")
	kill, ok := s.kills[name]
	return ok && r.Began.Before(kill.to) && l.Time.After(kill.from)
}

// checkChats demands that every one still goes on, through all changes of other
// instances and of its own.
func (s *scene) checkChats(all rig.Chats) {
	s.t.Helper()
	all.Stop()
	lines := 0
	for _, c := range all {
		lines += c.Lines
		if c.Err != nil {
			s.t.Errorf("long-lived connection from %s ended after %d lines: %v", c.Client, c.Lines, c.Err)
		}
	}
	s.t.Logf("%d long-lived connections went on, %d lines each on average", len(all), lines/len(all))
}
