package operate

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weir/test/rig"
)

// A step is one change of the configuration and a reload.
type step struct {
	name   string
	change func(*site, *plan)

	fails  string      // nothing changes, and what is said has this
	parts  string      // not all is taken in, and what is said has this
	closed []int       // ports at which nobody listens afterwards, where each listener serves its service
	check  func(*site) // what else is demanded
	head   string      // of the configuration, instead of the usual one
}

// Reloads that add, remove and change services and listeners, change every key once, and are invalid
// in ten ways, cost no connection, not even those to listeners that were removed.
func TestReloads(t *testing.T) {
	s := newSite(t)
	s.start("api", "e")
	s.start("api", "f")
	s.run()
	s.startTraffic()
	before := s.weir.Descriptors(t)
	invalid := 0
	defer func() {
		s.report("reloads that add, remove and change services, listeners and every key", "%d reloads, %d of them invalid", len(steps), invalid)
	}()
	for i, step := range steps {
		if step.fails != "" {
			invalid++
		}
		s.take(step, i%2 == 1)
	}
	s.stopTraffic()
	s.descriptorsReturn(before)
	if code := s.weir.Stop(t); code != 0 {
		t.Errorf("exit code: got %d, want 0", code)
	}
}

// take does one step and demands what it must do, and that nothing else has changed.
func (s *site) take(step step, byCommand bool) {
	s.t.Helper()
	next := s.plan.copy()
	if step.change != nil {
		step.change(s, &next)
	}
	s.weir.Log = rig.Logging
	if step.head != "" {
		s.weir.Log = step.head
	}
	s.weir.Configure(s.t, next.text())
	next.raw = ""
	var o rig.Outcome
	if byCommand {
		o = s.weir.ByCommand(s.t, "reload")
	} else {
		o = s.weir.Reload(s.t)
	}
	want := step.fails + step.parts
	if o.OK != (want == "") || !strings.Contains(o.Message, want) {
		s.t.Errorf("%s: weir says %t: %s\nwant it to have %q", step.name, o.OK, o.Message, want)
	}
	if step.fails != "" {
		next = s.plan
	}
	if step.parts == "" {
		s.plan = next
	}
	for _, l := range s.plan.listeners {
		s.serves(strings.Replace(l.bind, "0.0.0.0", s.host, 1), l.service)
	}
	for _, port := range step.closed {
		s.refuses(s.at(port))
	}
	if step.check != nil {
		step.check(s)
	}
	s.steady()
	time.Sleep(s.form.pace) // of traffic as it is now
}

// otherFolder is another path of the folder with service files.
func (s *site) otherFolder() string {
	link := filepath.Join(s.t.TempDir(), "services.d")
	if err := os.Symlink(s.folder.Dir, link); err != nil {
		s.t.Fatal(err)
	}
	return link
}
