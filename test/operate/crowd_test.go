package operate

import (
	"fmt"
	"testing"
	"time"

	"weir/test/rig"
)

// More clients than weir has descriptors for cost nobody a connection who has one: weir serves as many
// as it has set itself as a limit, its heartbeats and its catalog go on, and afterwards all is as before.
func TestCrowd(t *testing.T) {
	s := newSite(t)
	s.run("sh", "-c", fmt.Sprintf(`ulimit -n %d; exec "$@"`, s.form.descriptors), "sh")
	limits := s.weir.Await(t, 0, "limits", nil)
	limit := limits.Num("max_connections")
	if most := s.form.descriptors / 2; limit < most/4 || limit >= most {
		t.Fatalf("limit with %d descriptors: got %v", s.form.descriptors, limits.Fields)
	}
	s.startTraffic()
	time.Sleep(time.Second) // of load, for all that comes with it
	s.stopLoad()
	rest := func() int { return s.weir.Descriptors(t) - 2*len(s.streams) }
	before, threads := rest(), s.weir.Threads(t)

	const crowds = 2
	var all [crowds]*rig.Crowd
	for i := range all {
		all[i] = rig.StartCrowd(t, s.addr, rig.Host(), s.form.crowd/crowds, 5*time.Second)
	}
	count := func() (sum rig.Census) {
		for _, c := range all {
			sum = sum.Add(c.Count())
		}
		return sum
	}
	places := limit - len(s.streams)
	serving := func(want int) func() error {
		return func() error {
			c := count()
			if got := c.Answered - c.Left - c.Lost.Sum(); got != want {
				return fmt.Errorf("%d have a place, want %d: %+v", got, want, c)
			}
			return nil
		}
	}
	const patience = time.Minute
	s.untilFor(patience, "as many clients as weir has places", serving(places))
	s.weir.Await(t, 0, "no room for more connections, they wait", nil)
	s.untilFor(patience, "all clients to have tried", func() error {
		c := count()
		if n := c.Connected + c.Failed.Sum(); n < s.form.crowd {
			return fmt.Errorf("%d have: %+v", n, c)
		}
		return nil
	})
	if c := count(); c.Failed.Sum() > c.Failed["timed out"] || c.Lost.Sum() > 0 {
		t.Errorf("clients were turned away, or cut: %+v", c)
	}
	most := s.weir.Descriptors(t)

	mark := s.weir.Mark()
	s.backend("web", "d").Kill()
	s.weir.Await(t, mark, setChanged, lost("web-d"))
	mark = s.weir.Mark()
	s.start("web", "e")
	s.weir.Eligible(t, mark, 4)
	s.untilFor(patience, "others in the places of those whose backend was killed", serving(places+len(s.streams.On("d"))))
	all[0].LeaveSome(100)
	s.untilFor(patience, "others in the places of those who left", func() error {
		if c := count(); c.Left != 100 {
			return fmt.Errorf("%d have left", c.Left)
		}
		return serving(places + len(s.streams.On("d")))()
	})
	c := count()
	if c.Backends["e"] == 0 {
		t.Errorf("the new instance answered nobody: %+v", c)
	}
	for name, n := range c.Lost {
		if name != "d" || n > c.Backends["d"] {
			t.Errorf("%d clients were cut from %s", n, name)
		}
	}
	s.forget("d")
	s.steady()
	s.connections += c.Clients

	for _, c := range all {
		c.Leave()
	}
	s.untilFor(patience, "return of the descriptors", func() error { return atMost("descriptors", rest(), before+8) })
	after := s.weir.Threads(t)
	if after > threads+8 {
		t.Errorf("threads: got %d, began with %d", after, threads)
	}
	for _, l := range s.weir.Find("connection reset: no backend is eligible") {
		t.Errorf("unexpected at %v: %v", l.Time, l.Fields)
	}
	s.load = rig.StartLoad(t, s.addr, s.form.rate)
	time.Sleep(2 * time.Second) // of recovery, under load
	s.stopTraffic()
	s.report(fmt.Sprintf("%d clients at once, with %d descriptors", c.Clients, s.form.descriptors),
		"weir served %d at a time, with at most %d descriptors; %d clients had no connection; in all %v, while an instance was killed; descriptors %d before, %d after; threads %d before, %d after",
		limit, most, c.Clients-c.Connected, c.Failed, before, rest(), threads, after)
}

// forget leaves the streams to a backend that was killed out of account.
func (s *site) forget(backend string) {
	var others rig.Streams
	for _, c := range s.streams {
		if c.Name != backend {
			others = append(others, c)
		}
	}
	s.streams = others
}
