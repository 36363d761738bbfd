package operate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/test/rig"
)

// A site is weir with service files, two services of some backends each, and a listener "web" that the
// traffic goes to.
type site struct {
	t        *testing.T
	form     form
	folder   rig.Folder
	backends map[string][]*rig.Backend // by service
	host     string                    // on which its listeners are
	addr     string                    // of the listener "web"
	weir     *rig.Weir
	plan     plan
	traffic
}

// Heartbeats and connects are patient: the machine may have much else to do.
const (
	patientService   = "connect_timeout = \"5s\""
	patientHeartbeat = "expect = \"up\"\ninterval = \"1s\"\ntimeout = \"900ms\""
)

// newSite has nothing running but the backends.
func newSite(t *testing.T) *site {
	s := &site{t: t, form: theForm(), folder: rig.NewFolder(t), backends: map[string][]*rig.Backend{}, host: rig.Host(), weir: rig.NewWeir(t)}
	rig.AwaitRoom(t)
	s.weir.OwnBinary(t)
	for _, name := range []string{"a", "b", "c", "d"} {
		s.start("web", name)
	}
	s.addr = s.at(8000)
	s.plan = plan{
		process:   fmt.Sprintf("pid_file = %q", s.weir.PIDFile()),
		catalog:   fmt.Sprintf("files {\ndir = %q\n}", s.folder.Dir),
		services:  map[string]servicePlan{"web": {patientService, patientHeartbeat}},
		listeners: map[string]listenerPlan{"web": {bind: s.addr, service: "web"}},
	}
	return s
}

// start runs a backend and registers it with the service.
func (s *site) start(service, name string) *rig.Backend {
	s.t.Helper()
	b := rig.StartBackend(s.t, name)
	s.backends[service] = append(s.backends[service], b)
	s.folder.Put(s.t, service, b, 1)
	return b
}

// backend is the service's of that name.
func (s *site) backend(service, name string) *rig.Backend {
	return s.backends[service][slices.IndexFunc(s.backends[service], func(b *rig.Backend) bool { return b.Name == name })]
}

// run starts weir and returns once it serves every backend.
func (s *site) run(before ...string) {
	s.t.Helper()
	s.weir.Configure(s.t, s.plan.text())
	s.weir.Start(s.t, before...)
	s.weir.Address(s.t, "web")
	s.weir.Eligible(s.t, 0, len(s.backends["web"]))
	s.until("a pid file", func() error {
		if s.weir.Pid() != s.weir.Generations()[0] {
			return fmt.Errorf("got %d, want one of %v", s.weir.Pid(), s.weir.Generations())
		}
		return nil
	})
}

func (s *site) at(port int) string { return fmt.Sprintf("%s:%d", s.host, port) }

// until tries until there is no error.
func (s *site) until(what string, try func() error) {
	s.t.Helper()
	s.untilFor(rig.Patience, what, try)
}

func (s *site) untilFor(patience time.Duration, what string, try func() error) {
	s.t.Helper()
	const pause = 10 * time.Millisecond
	for deadline := time.Now().Add(patience); ; time.Sleep(pause) {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("no %s within %v: %v", what, patience, err)
		}
	}
}

// serves demands that soon a backend of the service answers at the address.
func (s *site) serves(addr, service string) {
	s.t.Helper()
	s.until(fmt.Sprintf("answer of %s at %s", service, addr), func() error {
		r := rig.Get(context.Background(), addr)
		if r.Err != nil {
			return r.Err
		}
		if !slices.ContainsFunc(s.backends[service], func(b *rig.Backend) bool { return b.Name == r.Name }) {
			return fmt.Errorf("%s answered", r.Name)
		}
		return nil
	})
}

// refuses demands that soon nobody listens at the address.
func (s *site) refuses(addr string) {
	s.t.Helper()
	s.until("refusal at "+addr, func() error {
		if r := rig.Get(context.Background(), addr); rig.Kind(r.Err) != "refused" {
			return fmt.Errorf("got %q, %v", r.Name, r.Err)
		}
		return nil
	})
}

// lost fits a change of the eligible set by which the backend left it.
func lost(backend string) func(rig.Line) bool {
	return func(l rig.Line) bool {
		list, _ := l.Fields["removed"].([]any)
		return slices.ContainsFunc(list, func(v any) bool {
			name, _, _ := strings.Cut(fmt.Sprint(v), ":") // the reason
			return name == backend || strings.HasSuffix(name, "/"+backend)
		})
	}
}
