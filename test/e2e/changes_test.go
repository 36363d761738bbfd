package e2e

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"weir/test/consul"
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
	weir     *weir
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
	mark := s.weir.mark()
	do()
	learnt := s.catalogAnswer(mark)
	s.eligible--
	s.weir.eligible(s.t, mark, s.eligible)
	s.absences = append(s.absences, absence{name: name, from: learnt.Add(reaction)})
}

// heartbeatOut does something that only the heartbeat can see.
func (s *scene) heartbeatOut(name string, do func()) {
	s.t.Helper()
	mark := s.weir.mark()
	do()
	const interval, timeout, fall = 200 * time.Millisecond, 100 * time.Millisecond, 2 // as in heartbeats
	noticed := time.Now().Add(fall*interval + timeout)
	s.eligible--
	s.weir.eligible(s.t, mark, s.eligible)
	s.absences = append(s.absences, absence{name: name, from: noticed.Add(reaction)})
}

// back does something that brings a backend back, and ends its absence.
func (s *scene) back(name string, do func()) {
	s.t.Helper()
	mark := s.weir.mark()
	for i := range s.absences {
		if s.absences[i].name == name && s.absences[i].to.IsZero() {
			s.absences[i].to = time.Now()
		}
	}
	do()
	s.eligible++
	s.weir.eligible(s.t, mark, s.eligible)
}

func (s *scene) catalogAnswer(mark int) time.Time {
	s.t.Helper()
	l := s.weir.await(s.t, mark, "set changed", nil)
	learnt, err := time.Parse(time.RFC3339Nano, l.str("learnt"))
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
	backends := map[string]*backend{}
	for i, name := range []string{"a", "b", "c", "d"} {
		backends[name] = startBackend(t, name)
		register(t, agent, backends[name], i+1)
	}
	w := startWeir(t, webConfig(agent, heartbeats))
	addr := w.address(t, "web")
	w.eligible(t, 0, 4)
	s := &scene{t: t, agent: agent, weir: w, eligible: 4, kills: map[string]span{}}

	chats := startChats(t, addr)
	l := startLoad(t, addr, 200)
	started := time.Now()
	s.settle(step)

	e := startBackend(t, "e")
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
	s.heartbeatOut("d", func() { backends["d"].setSick(t, true) })
	s.settle(step)
	s.back("c", func() { agent.Pass(t, "c") })
	s.settle(step)
	s.back("d", func() { backends["d"].setSick(t, false) })
	s.settle(step)
	s.heartbeatOut("e", func() {
		from := time.Now()
		e.kill()
		s.kills["e"] = span{from, time.Now()}
	})
	s.settle(step)
	s.back("e", func() { e.start(t) })
	s.settle(step)
	mark := w.mark()
	agent.Warn(t, "b") // weight 2 becomes 1
	w.await(t, mark, "eligible set changed", func(l line) bool { return strings.Contains(fmt.Sprint(l.Fields["reweighted"]), "/b") })
	s.settle(step)
	mark = w.mark()
	register(t, agent, backends["a"], 7) // re-registered with another weight
	w.await(t, mark, "eligible set changed", func(l line) bool { return strings.Contains(fmt.Sprint(l.Fields["reweighted"]), "/a") })
	s.settle(step)
	s.catalogOut("a", func() { agent.MaintainNode(t, true); s.eligible = 1 }) // a node's maintenance takes all out
	if !testing.Short() {
		t.Logf("lasted %v", time.Since(started).Round(time.Second))
	}
	results := l.stop()
	if n := len(results); n == 0 {
		t.Fatal("no connections were made")
	}
	s.check(results, s.absences[len(s.absences)-1].from.Add(-reaction))
	chats.check(s)
	if code := w.stop(t); code != 0 {
		t.Errorf("exit code: got %d, want 0", code)
	}
}

// check looks at all connections that began before the end, when the last
// good backend was taken away.
func (s *scene) check(results []result, end time.Time) {
	s.t.Helper()
	counts := map[string]int{}
	failed := 0
	for _, r := range results {
		if r.began.After(end.Add(-50 * time.Millisecond)) {
			continue
		}
		if r.err != nil {
			if s.excused(r) {
				s.t.Logf("joined to a backend that was killed then: %v", r.err)
				continue
			}
			failed++
			s.t.Errorf("connection from %s at %s failed: %v; weir says: %v", r.client, r.began.Format("15:04:05.000"), r.err, s.finished(r).Fields)
			continue
		}
		counts[r.name]++
		for _, a := range s.absences {
			if r.name == a.name && r.began.After(a.from) && (a.to.IsZero() || r.began.Before(a.to)) {
				s.t.Errorf("connection at %s went to %s, which was out since %s", r.began.Format("15:04:05.000"), r.name, a.from.Format("15:04:05.000"))
			}
		}
	}
	s.t.Logf("%d connections, %d failed, by backend: %v", len(results), failed, counts)
}

// excused reports whether a failed connection had been joined to a backend
// that was killed after the join.
func (s *scene) excused(r result) bool {
	l := s.finished(r)
	if l.str("end") != "backend_reset" {
		return false
	}
	_, name, _ := strings.Cut(l.str("instance"), "/")
	kill, ok := s.kills[name]
	return ok && r.began.Before(kill.to) && l.Time.After(kill.from)
}

// finished is what weir logged of the connection at its end. Client ports come
// again within a minute.
func (s *scene) finished(r result) line {
	for _, l := range s.weir.find("connection finished") {
		if l.str("client") == r.client && l.Time.After(r.began) {
			return l
		}
	}
	return line{}
}

// A chat is a long-lived connection that talks all the time.
type chat struct {
	conn   net.Conn
	lines  int
	err    error
	ended  chan struct{} // closed when it stopped talking
	quit   chan struct{} // closed to make it stop
	client string
}

type chats []*chat

// startChats opens enough connections for every backend to have some.
func startChats(t *testing.T, addr string) chats {
	t.Helper()
	var all chats
	for range 20 {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		c := &chat{conn: conn, ended: make(chan struct{}), quit: make(chan struct{}), client: conn.LocalAddr().String()}
		t.Cleanup(func() { conn.Close(); <-c.ended })
		fmt.Fprint(conn, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n")
		go c.talk()
		all = append(all, c)
	}
	return all
}

func (c *chat) talk() {
	defer close(c.ended)
	in := bufio.NewReader(c.conn)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for ; ; c.lines++ {
		if _, c.err = fmt.Fprintf(c.conn, "line %d\n", c.lines); c.err != nil {
			return
		}
		var got string
		if got, c.err = in.ReadString('\n'); c.err != nil {
			return
		}
		if want := fmt.Sprintf("LINE %d\n", c.lines); got != want {
			c.err = fmt.Errorf("got %q, want %q", got, want)
			return
		}
		select {
		case <-c.quit:
			return
		case <-tick.C:
		}
	}
}

// check demands that every chat still goes on, through all changes of other
// instances and of its own.
func (all chats) check(s *scene) {
	s.t.Helper()
	lines := 0
	for _, c := range all {
		close(c.quit)
		<-c.ended
		c.conn.Close()
		lines += c.lines
		if c.err != nil {
			s.t.Errorf("long-lived connection from %s ended after %d lines: %v", c.client, c.lines, c.err)
		}
	}
	s.t.Logf("%d long-lived connections went on, %d lines each on average", len(all), lines/len(all))
}
