package operate

import (
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"weir/test/rig"
)

// Upgrades in a row, some with a binary that is broken in a way of its own each, refuse and cut nobody,
// while every generation goes on for as long as its connections live.
func TestUpgrades(t *testing.T) {
	s := newSite(t)
	s.run()
	before := s.weir.Descriptors(t)
	s.startTraffic()
	upgrades, failing := 15, brokenOnes
	if !s.form.full {
		upgrades = 6
		failing = slices.DeleteFunc(slices.Clone(brokenOnes), func(b broken) bool { return b.slow })
	}
	defer func() {
		s.report("upgrades while long-lived connections go on", "%d upgrades, and %d with a broken binary", upgrades, len(failing))
	}()
	for i := range max(upgrades, len(failing)) {
		if i < len(failing) {
			s.upgradeFails(failing[i], i%2 == 1)
		}
		if i < upgrades {
			if i == 1 {
				s.plan.listeners["more"] = listenerPlan{bind: s.at(apiPort), service: "web"}
			} else if i == 3 {
				delete(s.plan.listeners, "more")
			}
			s.upgrade(i%2 == 0)
			s.open(s.addr, 5)
		}
		time.Sleep(2 * s.form.pace) // of traffic as it is now
	}
	// One whose streams were all taken in by the one before, which accepts for a moment longer, has ended.
	if live, ended := s.weir.Generations(), s.weir.Find("ended"); len(live) != 1+upgrades-len(ended) || len(live) < 1+upgrades/2 {
		t.Errorf("generations that live: got %v after %d upgrades, and %d have ended", live, upgrades, len(ended))
	}
	s.refuses(s.at(apiPort))

	s.stopTraffic()
	s.until("end of the old generations", func() error { return atMost("generations", len(s.weir.Generations()), 1) })
	ended := s.weir.Find("ended")
	for _, l := range ended {
		if n := l.Num("connections_cut"); n > 0 {
			t.Errorf("a generation cut %d connections", n)
		}
	}
	if len(ended) != upgrades {
		t.Errorf("generations that logged their end: got %d, want %d", len(ended), upgrades)
	}
	s.upgrade(false) // a process forgets those before it that have ended when the next one takes over
	s.descriptorsReturn(before)
	s.weir.Stop(t)
}

// upgrade demands that another process serves.
func (s *site) upgrade(byCommand bool) {
	s.t.Helper()
	broken{}.put(s)
	s.weir.Configure(s.t, s.plan.text())
	old := s.weir.Pid()
	o := s.operate("upgrade", byCommand)
	if !o.OK || s.weir.Pid() == old {
		s.t.Fatalf("upgrade: got %t: %s; process %d serves after %d", o.OK, o.Message, s.weir.Pid(), old)
	}
	for _, l := range s.plan.listeners {
		s.serves(l.bind, l.service)
	}
	s.steady()
}

// upgradeFails demands that the same process serves, and that it says why.
func (s *site) upgradeFails(b broken, byCommand bool) {
	s.t.Helper()
	b.put(s)
	old, living := s.weir.Pid(), len(s.weir.Generations())
	o := s.operate("upgrade", byCommand)
	if o.OK || !strings.Contains(o.Message, b.says) {
		s.t.Errorf("upgrade to a binary that %s: got %t: %s\nwant it to have %q", b.name, o.OK, o.Message, b.says)
	}
	if s.weir.Pid() != old {
		s.t.Fatalf("process %d serves after %d", s.weir.Pid(), old)
	}
	s.until("end of the process that failed", func() error { return atMost("generations", len(s.weir.Generations()), living) })
	for _, l := range s.plan.listeners {
		s.serves(l.bind, l.service)
	}
	s.steady()
}

// operate reloads or upgrades.
func (s *site) operate(action string, byCommand bool) rig.Outcome {
	s.t.Helper()
	switch {
	case byCommand:
		return s.weir.ByCommand(s.t, action)
	case action == "reload":
		return s.weir.Reload(s.t)
	}
	return s.weir.Upgrade(s.t)
}

// SIGTERM for the newest generation ends those that drain as well, within the same grace.
func TestShutdownEndsAllGenerations(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.plan.process += "\nshutdown_grace = \"1s\""
	s.run()
	for i := range 3 {
		s.open(s.addr, 5)
		if i < 2 {
			s.upgrade(false)
		}
	}
	if live, ended := s.weir.Generations(), s.weir.Find("ended"); len(live)+len(ended) != 3 || len(live) < 2 {
		t.Fatalf("generations: got %v after 2 upgrades, and %d have ended", live, len(ended)) // as in TestUpgrades
	}
	s.weir.Signal(t, syscall.SIGTERM)
	s.weir.Wait(t)
	for _, c := range s.streams {
		if end := s.weir.Finished(c.Client, c.Opened).Str("end"); end != "shutdown" {
			t.Errorf("stream %s: got end %q, want shutdown", c.Client, end)
		}
	}
	if ended := s.weir.Find("ended"); len(ended) != 3 {
		t.Errorf("generations that logged their end: got %v", ended)
	}
}
