package outages

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/test/rig"
)

// A scene is weir under load while one fault happens.
type scene struct {
	*world
	t     *testing.T
	fault fault
	form  form

	backends map[string]*rig.Backend
	fresh    *rig.Backend // registered after the fault
	weir     *rig.Weir
	addr     string
	traffic

	mark     int // in weir's log, where the fault begins
	began    time.Time
	mended   time.Time     // when Consul answered again
	recovery time.Duration // of weir, from then on; negative: not seen yet
	note     string        // for the report
}

const freshName = "fresh"

// newScene has the backends registered and weir serving all of them.
func newScene(t *testing.T, f fault) *scene {
	s := &scene{t: t, fault: f, form: theForm(), world: f.world(t), backends: map[string]*rig.Backend{}, recovery: -1}
	names := f.instances
	if len(names) == 0 {
		names = []string{"a", "b", "c", "d"}
	}
	for _, name := range names {
		s.backends[name] = rig.StartBackend(t, name)
	}
	s.fresh = rig.StartBackend(t, freshName)
	s.register(names...)
	s.startWeir()
	return s
}

// startWeir returns once weir serves every backend.
func (s *scene) startWeir() {
	s.t.Helper()
	s.weir = rig.StartWeir(s.t, s.config())
	s.addr = s.weir.Address(s.t, "web")
	s.weir.Eligible(s.t, 0, len(s.backends))
}

// Heartbeats and connects are patient: the machine may have much else to do.
func (s *scene) config() string {
	return fmt.Sprintf(`
%s {
%s}
service "web" {
%s
  connect_timeout = "5s"
  heartbeat {
    expect   = "up"
    interval = %q
    timeout  = %q
    fall     = %d
  }
}
listener "web" {
  bind    = "127.0.0.1:0"
  service = "web"
}
%s`, s.catalog.block(), s.catalog.keys(), s.fault.keys, interval, timeout, fall, s.more)
}

const (
	interval = time.Second
	timeout  = 900 * time.Millisecond
	fall     = 3
)

// register adds backends to the catalog, which answers.
func (s *scene) register(names ...string) {
	s.t.Helper()
	for _, name := range names {
		s.until("registration of "+name, func(ctx context.Context) error { return s.catalog.add(ctx, s.backends[name]) })
	}
}

// deregister takes backends out of the catalog, which answers.
func (s *scene) deregister(names ...string) {
	s.t.Helper()
	for _, name := range names {
		s.until("deregistration of "+name, func(ctx context.Context) error { return s.catalog.remove(ctx, s.backends[name]) })
	}
}

// all are the names of the backends, in order.
func (s *scene) all() []string {
	var names []string
	for name := range s.backends {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// begin notes that the fault begins.
func (s *scene) begin() { s.mark, s.began = s.weir.Mark(), time.Now() }

// settle lets the traffic run against the state as it is: what happens to it is the subject.
func (s *scene) settle(d time.Duration) { time.Sleep(d) }

// until tries until there is no error, for as long as Consul may take to find together again. One
// try may take as long as an agent holds a request that it can't serve: a change that was given up
// might be made later.
func (s *scene) until(what string, try func(context.Context) error) {
	s.t.Helper()
	const patience, one, pause = 2 * time.Minute, 15 * time.Second, 20 * time.Millisecond
	for deadline := time.Now().Add(patience); ; time.Sleep(pause) {
		ctx, cancel := context.WithTimeout(s.t.Context(), one)
		err := try(ctx)
		cancel()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("no %s within %v: %v", what, patience, err)
		}
	}
}

// names reports whether a field of a change of the eligible set, a list, has the backend.
func names(l rig.Line, field, backend string) bool {
	list, _ := l.Fields[field].([]any)
	return slices.ContainsFunc(list, func(v any) bool {
		name, _, _ := strings.Cut(fmt.Sprint(v), ":") // the reason of a removal
		return name == backend || strings.HasSuffix(name, "/"+backend)
	})
}

// eligible fits a change after which so many instances are.
func eligible(n int) func(rig.Line) bool {
	return func(l rig.Line) bool { return l.Num("eligible") == n }
}
