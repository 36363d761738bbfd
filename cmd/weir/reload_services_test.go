package main

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/config"
	"weir/proxy/session"
	"weir/test/scripted"
)

// eligible are the names of the backends that get connections.
func (st *reloadStage) eligible(service string) string {
	var names []string
	for b := range st.service(service).pool.Snapshot().All() {
		names = append(names, b.Name())
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// awaitEligible waits for just those.
func (st *reloadStage) awaitEligible(service, want string) {
	st.t.Helper()
	until(st.t, fmt.Sprintf("%s has %q", service, want), func() bool { return st.eligible(service) == want })
}

// What a changed service tells its listeners holds for the next client. The pool stays, with the counters.
func TestReloadChangesAService(t *testing.T) {
	st := newReloadStage(t)
	st.define(st.dir, "web", echoBackend(t, "blue"))
	st.start()
	c := mustConverse(t, st.addr("web"))
	pool := st.service("web").pool
	b := pool.Pick()
	st.mustReload(func(c *config.Config) {
		s := &c.Services[0]
		s.Retries, s.ConnectTimeout, s.MaxPerInstance, s.ProxyProtocol, s.Drain = 7, 3*time.Second, 2, config.ProxyProtocolV1, time.Hour
	})
	l := st.listener("web")
	got := *l.Front.Service()
	if got.Pool != pool || got.Retries != 7 || got.ConnectTimeout != 3*time.Second || got.MaxPerInstance != 2 || got.ProxyProtocol != session.HeaderV1 {
		t.Errorf("got %+v", got)
	}
	if got := st.service("web").conf.Drain; got != time.Hour {
		t.Errorf("got drain %v", got)
	}
	c.works(t)
	if st.eligible("web") != "blue" || pool.Pick() != b || b.Connections.Load() != 1 {
		t.Errorf("got backend %v with %d connections, want that of before with 1", pool.Pick(), b.Connections.Load())
	}
	lines := st.logged("reloaded")
	if len(lines) != 1 || fmt.Sprint(lines[0]["services_changed"]) != "[web]" || lines[0]["listeners_changed"] != nil {
		t.Errorf("got log %v", lines)
	}
	// The new one follows the catalog on.
	st.define(st.dir, "web", echoBackend(t, "red"))
	st.awaitEligible("web", "blue red")
}

// Other tags are another question to the catalog, whose answer takes the place of the old one at once.
func TestReloadChangesTheQuery(t *testing.T) {
	st := newReloadStage(t)
	st.define(st.dir, "web", echoBackend(t, "blue"), echoBackend(t, "green"), echoBackend(t, "red"))
	st.start()
	st.awaitEligible("web", "blue green red")
	stop := crowd(st.addr("web"))
	c := mustConverse(t, st.addr("web"))
	st.mustReload(func(c *config.Config) { c.Services[0].Tags = []string{"green"} })
	st.awaitEligible("web", "green")
	st.mustReload(func(c *config.Config) { c.Services[0].Tags = nil })
	st.awaitEligible("web", "blue green red")
	unharmed(t, stop)
	c.works(t)
}

// A service that is to wait for heartbeats from now on isn't without backends until the first ones
// are back; who doesn't answer them is out then, and in again when they are no longer asked for.
func TestReloadAsksForHeartbeats(t *testing.T) {
	st := newReloadStage(t)
	dead := &echoServer{"dead", netip.MustParseAddrPort(freeAddr(t))}
	st.define(st.dir, "web", echoBackend(t, "blue"), dead)
	st.start()
	st.awaitEligible("web", "blue dead")
	stop := crowd(st.addr("web"))
	st.mustReload(func(c *config.Config) {
		c.Services[0].HealthyWhen, c.Services[0].Heartbeat = config.HealthyBoth, reloadHeartbeat()
	})
	st.awaitEligible("web", "blue")
	st.mustReload(func(c *config.Config) {
		c.Services[0].Heartbeat = reloadHeartbeat()
		c.Services[0].Heartbeat.Interval, c.Services[0].Heartbeat.Fall = time.Hour, 9
	})
	if got := st.eligible("web"); got != "blue" {
		t.Errorf("with other heartbeats: got %q, want %q: they have their verdicts", got, "blue")
	}
	st.mustReload(func(c *config.Config) {
		c.Services[0].HealthyWhen, c.Services[0].Heartbeat = config.HealthyCatalog, nil
	})
	st.awaitEligible("web", "blue dead")
	unharmed(t, stop)
}

// The feeds stay when the catalog is another: what both have stays in service throughout.
func TestReloadChangesTheFolder(t *testing.T) {
	st := newReloadStage(t)
	blue, red := echoBackend(t, "blue"), echoBackend(t, "red")
	st.conf.Services[0].HealthyWhen, st.conf.Services[0].Heartbeat = config.HealthyBoth, reloadHeartbeat()
	st.define(st.dir, "web", blue)
	st.start()
	b := st.service("web").pool.Pick()
	stop := crowd(st.addr("web"))
	other := t.TempDir()
	st.define(other, "web", blue, red)
	watching, browsing := st.service("web").tiers[0].watching, st.b.browsing
	st.mustReload(func(c *config.Config) { c.Files = &config.Files{Dir: other} })
	if !happened(watching.done) || !happened(browsing.done) {
		t.Error("the old folder is watched on")
	}
	st.awaitEligible("web", "blue red")
	if b.Connections.Load() == 0 || st.service("web").pool.Pick() == nil {
		t.Error("the backend of before has no connections")
	}
	// The old folder is forgotten, the new one is followed.
	st.define(st.dir, "web", echoBackend(t, "green"))
	if err := os.Remove(filepath.Join(other, "web-blue.hcl")); err != nil {
		t.Fatal(err)
	}
	st.awaitEligible("web", "red")
	unharmed(t, stop)
}

// In Consul the same instances have other names, and are new ones: nobody is refused for that.
func TestReloadFromFilesToConsulAndBack(t *testing.T) {
	st := newReloadStage(t)
	blue := echoBackend(t, "blue")
	st.conf.Services[0].HealthyWhen, st.conf.Services[0].Heartbeat = config.HealthyBoth, reloadHeartbeat()
	st.define(st.dir, "web", blue)
	st.start()
	consul := scripted.Start(t)
	consul.Register("web", scripted.Instance{ID: "azure", Host: blue.addr.Addr().String(), Port: int(blue.addr.Port())})
	c := mustConverse(t, st.addr("web"))
	stop := crowd(st.addr("web"))
	st.mustReload(func(c *config.Config) {
		c.Files, c.Consul = nil, &config.Consul{Address: "http://" + consul.HTTP()}
	})
	until(t, "the instance in Consul is in service", func() bool { return strings.HasSuffix(st.eligible("web"), "/azure") })
	st.mustReload(func(c *config.Config) {
		c.Files, c.Consul = &config.Files{Dir: st.dir}, nil
	})
	st.awaitEligible("web", "blue")
	unharmed(t, stop)
	c.works(t)
}

// While the new catalog is silent, what the old one said last holds.
func TestReloadToASilentCatalog(t *testing.T) {
	st := newReloadStage(t)
	st.define(st.dir, "web", echoBackend(t, "blue"))
	st.start()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		if conn, err := silent.Accept(); err == nil {
			t.Cleanup(func() { conn.Close() })
		}
	}()
	st.mustReload(func(c *config.Config) {
		c.Files, c.Consul = nil, &config.Consul{Address: "http://" + silent.Addr().String()}
	})
	<-asked
	mustConverse(t, st.addr("web")).works(t)
	st.mustReload(func(c *config.Config) { c.Services[0].Tags = []string{"red"} })
	mustConverse(t, st.addr("web")).works(t)
}

// A catalog that can't be used at all fails the reload before anything is changed.
func TestReloadWithoutACatalog(t *testing.T) {
	st := newReloadStage(t)
	st.define(st.dir, "web", echoBackend(t, "blue"))
	st.start()
	before := st.conf
	l, s := st.listener("web"), st.service("web")
	err := st.reload(func(c *config.Config) {
		c.Files, c.Consul = nil, &config.Consul{Address: "https://127.0.0.1:1", TLS: config.TLS{CAFile: filepath.Join(st.dir, "none.pem")}}
		c.Log.Level = config.LevelError
		c.Services[0].Retries = 9
		c.Services = append(c.Services, reloadService("api"))
		c.Listeners = []config.Listener{reloadListener("api", "127.0.0.1:0")}
	})
	if err == nil || !strings.Contains(err.Error(), "none.pem") {
		t.Fatalf("got error %v, want one that names the file", err)
	}
	if st.listener("web") != l || st.service("web") != s || st.service("api") != nil || !st.b.log.IsDebug() {
		t.Error("something has changed")
	}
	mustConverse(t, st.addr("web")).works(t)
	if r := st.b.lastReload.Load(); r.changed || r.err == nil {
		t.Errorf("got result %+v, want nothing changed", r)
	}
	if got := st.logged("reload failed, nothing changed"); len(got) != 1 || got[0]["error"] != err.Error() {
		t.Errorf("got log %v", got)
	}
	st.conf = before
	st.define(st.dir, "web", echoBackend(t, "red")) // the old catalog is followed on
	st.awaitEligible("web", "blue red")
}

// A service that is removed leaves no part behind, and one of the same name that comes later begins anew.
func TestReloadRemovesAService(t *testing.T) {
	st := newReloadStage(t)
	st.conf.Services = append(st.conf.Services, reloadService("api"))
	st.conf.Services[1].Heartbeat = reloadHeartbeat()
	st.define(st.dir, "web", echoBackend(t, "blue"))
	st.define(st.dir, "api", echoBackend(t, "red"))
	st.start()
	api := st.service("api")
	st.mustReload(func(c *config.Config) { c.Services = c.Services[:1] })
	for _, p := range api.parts() {
		if !happened(p.done) {
			t.Error("a part of the removed service runs on")
		}
	}
	st.mustReload(func(c *config.Config) {
		c.Services = append(c.Services, reloadService("api"))
		c.Listeners = append(c.Listeners, reloadListener("api", "127.0.0.1:0"))
	})
	if st.service("api") == api {
		t.Error("got the service that was removed")
	}
	if got := mustConverse(t, st.addr("api")).with; got != "red" {
		t.Errorf("got %s, want red", got)
	}
}
