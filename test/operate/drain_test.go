package operate

import (
	"testing"
	"time"

	"weir/test/rig"
)

const (
	drain     = 1500 * time.Millisecond
	drainKeys = patientService + "\ndrain = \"1500ms\""

	setChanged = "eligible set changed"
)

// A withdrawal takes the backend b out of the service "web", in which a, c and d stay.
type withdrawal struct {
	name     string
	withdraw func(*site, *rig.Backend)
	back     func(*site, *rig.Backend)
}

var withdrawals = []withdrawal{
	{
		"removed",
		func(s *site, b *rig.Backend) { s.folder.Remove(s.t, "web", b) },
		func(s *site, b *rig.Backend) { s.folder.Put(s.t, "web", b, 1) },
	},
	{
		"weight 0",
		func(s *site, b *rig.Backend) { s.folder.Put(s.t, "web", b, 0) },
		func(s *site, b *rig.Backend) { s.folder.Put(s.t, "web", b, 1) },
	},
}

// The connections of a withdrawn instance end when its drain is over, and no other does.
func TestDrain(t *testing.T) {
	for _, w := range withdrawals {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			s := drainSite(t)
			mark := s.weir.Mark()
			w.withdraw(s, s.backend("web", "b"))
			left := s.weir.Await(t, mark, setChanged, lost("web-b"))
			s.endAt("instance "+w.name, "b", left.Time.Add(drain), "drained")
		})
		t.Run(w.name+", and back in time", func(t *testing.T) {
			t.Parallel()
			s := drainSite(t)
			b := s.backend("web", "b")
			mark := s.weir.Mark()
			w.withdraw(s, b)
			left := s.weir.Await(t, mark, setChanged, lost("web-b"))
			time.Sleep(time.Until(left.Time.Add(drain / 3))) // it drains for a while
			w.back(s, b)
			s.weir.Eligible(t, mark, 4)
			s.goOnBeyond("instance "+w.name+", and back in time", left.Time.Add(drain))
		})
	}
}

// A generation that drains follows the catalog: the deadlines hold for its connections.
func TestDrainAfterUpgrade(t *testing.T) {
	t.Parallel()
	s := drainSite(t)
	mark := s.weir.Mark()
	s.upgrade(false)
	s.weir.Eligible(t, mark, 4)
	mark = s.weir.Mark()
	s.folder.Remove(t, "web", s.backend("web", "b"))
	left := s.weir.Await(t, mark, setChanged, lost("web-b"))
	s.endAt("instance removed, connections of a generation before", "b", left.Time.Add(drain), "drained")
}

// So do they for connections that a reload found.
func TestDrainAfterReload(t *testing.T) {
	t.Parallel()
	s := drainSite(t)
	s.plan.services["web"] = servicePlan{drainKeys + "\nretries = 1", patientHeartbeat}
	s.weir.Configure(t, s.plan.text())
	if o := s.weir.Reload(t); !o.OK {
		t.Fatal(o.Message)
	}
	mark := s.weir.Mark()
	s.folder.Remove(t, "web", s.backend("web", "b"))
	left := s.weir.Await(t, mark, setChanged, lost("web-b"))
	s.endAt("instance removed, connections from before a reload", "b", left.Time.Add(drain), "drained")
}

// An instance that is no longer healthy keeps its connections or not, as its service wants.
func TestUnhealthy(t *testing.T) {
	for _, want := range []string{"close", "keep"} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.plan.services["web"] = servicePlan{drainKeys + "\non_unhealthy = \"" + want + "\"", patientHeartbeat}
			s.run()
			s.startTraffic()
			mark := s.weir.Mark()
			s.backend("web", "b").SetSick(t, true)
			left := s.weir.Await(t, mark, setChanged, lost("web-b"))
			if want == "close" {
				s.endAt("instance unhealthy, on_unhealthy = close", "b", left.Time, "unhealthy")
			} else {
				s.goOnBeyond("instance unhealthy, on_unhealthy = keep", left.Time.Add(drain))
			}
		})
	}
}

// drainSite has streams on every instance.
func drainSite(t *testing.T) *site {
	s := newSite(t)
	s.plan.services["web"] = servicePlan{drainKeys, patientHeartbeat}
	s.run()
	s.startTraffic()
	return s
}

// endAt demands that the streams to the backend end at that time, with that reason, and no other.
func (s *site) endAt(what, backend string, at time.Time, reason string) {
	s.t.Helper()
	ending := s.streams.On(backend)
	if len(ending) == 0 {
		s.t.Fatalf("no stream goes to %s", backend)
	}
	s.until("end of the streams to "+backend, func() error { return atMost("streams to "+backend, len(ending.Live()), 0) })
	earliest, latest := time.Hour, -time.Hour
	for _, c := range ending {
		off := c.Ended.Sub(at)
		earliest, latest = min(earliest, off), max(latest, off)
		if kind := rig.Kind(c.Err); kind != "reset" {
			s.t.Errorf("end: got %s (%v), want a reset", kind, c.Err)
		}
		s.until("line on "+c.Client, func() error { return logged(s.weir.Finished(c.Client, c.Opened), reason) })
	}
	s.ending = reason
	const early = 100 * time.Millisecond // in every form: no load of the machine makes it so
	if earliest < -early || latest > s.form.exact {
		s.t.Errorf("ended from %v to %v after the deadline, want -%v to %v", earliest, latest, early, s.form.exact)
	}
	s.goOn(time.Now().Add(drain/2), ending...)
	s.report(what, "%d ended, from %v to %v after the deadline", len(ending), earliest.Round(time.Millisecond/10), latest.Round(time.Millisecond/10))
}

// goOnBeyond demands that all streams are still there after that time, and whole.
func (s *site) goOnBeyond(what string, at time.Time) {
	s.t.Helper()
	s.goOn(at)
	s.report(what, "none ended")
}

// goOn is goOnBeyond for all streams but some.
func (s *site) goOn(at time.Time, but ...*rig.Stream) {
	s.t.Helper()
	time.Sleep(time.Until(at.Add(s.form.exact)))
	over := map[*rig.Stream]bool{}
	for _, c := range but {
		over[c] = true
	}
	var live rig.Streams
	for _, c := range s.streams {
		if !over[c] {
			live = append(live, c)
		}
	}
	s.connections += len(but)
	s.streams = live
	s.steady()
	s.stopTraffic()
}
