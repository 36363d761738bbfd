package main

import (
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/config"
)

// What isn't changed stays the very same: socket, connections, counters.
func TestReloadOfTheSame(t *testing.T) {
	st := newReloadStage(t)
	st.define(st.dir, "web", echoBackend(t, "blue"))
	st.start()
	c := mustConverse(t, st.addr("web"))
	l, s := st.listener("web"), st.service("web")
	st.mustReload(func(*config.Config) {})
	if st.listener("web") != l || st.service("web") != s {
		t.Error("got another listener or service, want the same")
	}
	if got := l.Accepted.Load(); got != 1 {
		t.Errorf("got %d connections counted, want 1", got)
	}
	c.works(t)
	if diff := cmp.Diff([]map[string]any{{"@level": "info"}}, st.logged("reloaded")); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if r := st.b.lastReload.Load(); r.err != nil || !r.changed || time.Since(r.at) > time.Minute {
		t.Errorf("got result %+v", r)
	}
}

func TestReloadAddsAndRemovesListeners(t *testing.T) {
	st := newReloadStage(t)
	blue, red := echoBackend(t, "blue"), echoBackend(t, "red")
	st.define(st.dir, "web", blue)
	st.define(st.dir, "api", red)
	st.start()
	old := st.addr("web")
	c := mustConverse(t, old)
	st.mustReload(func(c *config.Config) {
		c.Services = append(c.Services, reloadService("api"))
		c.Listeners = append(c.Listeners, reloadListener("api", "127.0.0.1:0"))
	})
	unharmed := mustConverse(t, st.addr("api")) // at once: reload returns when it listens
	if unharmed.with != "red" {
		t.Errorf("got %s, want red", unharmed.with)
	}
	c.works(t)

	st.mustReload(func(c *config.Config) {
		c.Services, c.Listeners = c.Services[1:], c.Listeners[1:]
	})
	if late, err := converse(old); err == nil {
		t.Errorf("connected to %s by a listener that is removed", late.with)
	}
	c.works(t) // though its service is gone too
	mustConverse(t, st.addr("api")).works(t)
	if st.service("web") != nil {
		t.Error("the removed service is there")
	}
	want := []map[string]any{
		{"@level": "info", "listeners_added": []any{"api"}, "services_added": []any{"api"}},
		{"@level": "info", "listeners_removed": []any{"web"}, "services_removed": []any{"web"}},
	}
	if diff := cmp.Diff(want, st.logged("reloaded")); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

// A new name, another service and other settings leave the socket alone. Nobody is refused, not
// even while the other service is new, and nobody is cut.
func TestReloadKeepsTheSocket(t *testing.T) {
	st := newReloadStage(t)
	blue, red := echoBackend(t, "blue"), echoBackend(t, "red")
	addr := freeAddr(t)
	st.conf.Listeners[0] = reloadListener("web", addr)
	st.define(st.dir, "web", blue)
	st.define(st.dir, "api", red)
	st.start()
	c := mustConverse(t, addr)
	stop := crowd(addr)

	st.mustReload(func(c *config.Config) {
		api := reloadService("api")
		api.HealthyWhen, api.Heartbeat = config.HealthyBoth, reloadHeartbeat()
		c.Services = append(c.Services, api)
		c.Listeners[0].Service = "api"
		c.Listeners[0].MaxConnections = 100
	})
	if got := mustConverse(t, addr).with; got != "red" {
		t.Errorf("with another service: got %s, want red", got)
	}
	if got := st.listener("web").Settings().MaxConnections; got != 100 {
		t.Errorf("got max_connections %d, want 100", got)
	}
	before := st.listener("web").Accepted.Load()
	if before == 0 {
		t.Error("got no connections counted, want those before the reload too")
	}

	st.mustReload(func(c *config.Config) { c.Listeners[0].Name = "front"; c.Listeners[0].Service = "web" })
	if got := st.addr("front"); got != addr {
		t.Errorf("with another name: got address %s, want %s", got, addr)
	}
	if got := mustConverse(t, addr).with; got != "blue" {
		t.Errorf("with another name and service: got %s, want blue", got)
	}
	unharmed(t, stop)
	c.works(t)
}

func TestReloadMovesAListener(t *testing.T) {
	st := newReloadStage(t)
	st.define(st.dir, "web", echoBackend(t, "blue"))
	st.start()
	addr := st.addr("web")
	c := mustConverse(t, addr)
	path := filepath.Join(t.TempDir(), "web.sock")
	st.mustReload(func(c *config.Config) { c.Listeners[0].Bind = config.Bind{Path: path} })
	c.works(t)
	mustConverse(t, "unix:"+path).works(t)
	if _, err := converse(addr); err == nil {
		t.Error("connected at the old address")
	}
	st.mustReload(func(c *config.Config) { c.Listeners[0].Bind = config.Bind{AddrPort: netip.MustParseAddrPort(addr)} })
	mustConverse(t, addr).works(t)
	c.works(t)
	want := []map[string]any{
		{"@level": "info", "listeners_changed": []any{"web"}},
		{"@level": "info", "listeners_changed": []any{"web"}},
	}
	if diff := cmp.Diff(want, st.logged("reloaded")); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

// Two listeners may change places, and a third one's address: what one gives up another may take.
func TestReloadSwapsAddresses(t *testing.T) {
	st := newReloadStage(t)
	st.conf.Services = append(st.conf.Services, reloadService("api"))
	st.conf.Listeners = []config.Listener{reloadListener("web", freeAddr(t)), reloadListener("api", freeAddr(t))}
	st.define(st.dir, "web", echoBackend(t, "blue"))
	st.define(st.dir, "api", echoBackend(t, "red"))
	st.start()
	first, second := st.addr("web"), st.addr("api")
	stops := []func() (int, []error){crowd(first), crowd(second)}
	st.mustReload(func(c *config.Config) {
		c.Listeners[0].Bind, c.Listeners[1].Bind = c.Listeners[1].Bind, c.Listeners[0].Bind
	})
	if got, other := mustConverse(t, second).with, mustConverse(t, first).with; got != "blue" || other != "red" {
		t.Errorf("got %s and %s, want blue and red", got, other)
	}
	for _, stop := range stops {
		unharmed(t, stop)
	}
	third := freeAddr(t)
	st.mustReload(func(c *config.Config) {
		c.Listeners[0].Bind, c.Listeners[1].Bind.AddrPort = c.Listeners[1].Bind, netip.MustParseAddrPort(third)
	})
	if got, other := mustConverse(t, first).with, mustConverse(t, third).with; got != "blue" || other != "red" {
		t.Errorf("got %s and %s, want blue and red", got, other)
	}
}

// From one address to all and back: the same port is in weir's own way.
func TestReloadWidensAnAddress(t *testing.T) {
	addr := netip.MustParseAddrPort(freeAddr(t))
	st := newReloadStage(t)
	st.conf.Listeners[0].Bind.AddrPort = addr
	st.define(st.dir, "web", echoBackend(t, "blue"))
	st.start()
	all := netip.AddrPortFrom(netip.IPv6Unspecified(), addr.Port())
	c := mustConverse(t, addr.String())
	st.mustReload(func(c *config.Config) { c.Listeners[0].Bind.AddrPort = all })
	c.works(t)
	other := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.2"), addr.Port()).String()
	mustConverse(t, other).works(t)
	st.mustReload(func(c *config.Config) { c.Listeners[0].Bind.AddrPort = addr })
	mustConverse(t, addr.String()).works(t)
	if _, err := converse(other); err == nil {
		t.Errorf("connected at %s, want one address only", other)
	}
}

// An address that can't be had fails alone: all else is applied, and the listener stays at its old one,
// or is left out if it is new. The same configuration is tried in full the next time.
func TestReloadWithATakenAddress(t *testing.T) {
	st := newReloadStage(t)
	st.define(st.dir, "web", echoBackend(t, "blue"))
	st.define(st.dir, "api", echoBackend(t, "red"))
	st.start()
	old := st.addr("web")
	c := mustConverse(t, old)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	alsoTaken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer alsoTaken.Close()
	stop := crowd(old)
	err = st.reload(func(c *config.Config) {
		c.Services = append(c.Services, reloadService("api"))
		c.Listeners[0].Bind.AddrPort = netip.MustParseAddrPort(taken.Addr().String())
		c.Listeners[0].Service = "api"
		c.Listeners = append(c.Listeners, reloadListener("api", alsoTaken.Addr().String()), reloadListener("more", "127.0.0.1:0"))
		c.Listeners[2].Service = "api"
	})
	if err == nil {
		t.Fatal("got no error for taken addresses")
	}
	for _, part := range []string{`listener "web"`, taken.Addr().String(), `listener "api"`, alsoTaken.Addr().String()} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("got error %q, want it to name %s", err, part)
		}
	}
	if got := mustConverse(t, old).with; got != "red" {
		t.Errorf("got %s at the old address, want red, of the service that it has now", got)
	}
	mustConverse(t, st.addr("more")).works(t)
	unharmed(t, stop)
	c.works(t)
	if r := st.b.lastReload.Load(); r.err == nil || !r.changed {
		t.Errorf("got result %+v, want it in part", r)
	}
	partly := st.logged("reloaded in part")
	if len(partly) != 1 || !cmp.Equal(partly[0]["listeners_added"], any([]any{"more"})) || partly[0]["error"] == nil {
		t.Errorf("got log %v", partly)
	}

	taken.Close()
	alsoTaken.Close()
	st.mustReload(func(*config.Config) {})
	mustConverse(t, taken.Addr().String()).works(t)
	mustConverse(t, alsoTaken.Addr().String()).works(t)
	if _, err := converse(old); err == nil {
		t.Error("connected at the old address")
	}
	c.works(t)
}

// freeAddr is an address that nobody has at the moment.
func freeAddr(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}
