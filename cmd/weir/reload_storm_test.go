package main

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"weir/config"
	"weir/test/scripted"
)

// Many reloads of many kinds in a row, whatever their order, cost nobody a connection at an address
// that stays.
func TestReloadStorm(t *testing.T) {
	const seed = 5
	rng := rand.New(rand.NewPCG(seed, 0))
	addr := freeAddr(t)
	st := newReloadStage(t)
	st.conf.Services = append(st.conf.Services, reloadService("api"))
	st.conf.Listeners = []config.Listener{reloadListener("web", addr)}
	consul := scripted.Start(t)
	other := t.TempDir()
	for service, backends := range map[string][]*echoServer{
		"web": {echoBackend(t, "blue"), echoBackend(t, "red")},
		"api": {echoBackend(t, "green"), echoBackend(t, "gray")},
	} {
		st.define(st.dir, service, backends...)
		st.define(other, service, backends...)
		for _, b := range backends {
			consul.Register(service, scripted.Instance{ID: b.name, Host: b.addr.Addr().String(), Port: int(b.addr.Port())})
		}
	}
	st.start()
	var lasting []*dialogue
	for range 5 {
		lasting = append(lasting, mustConverse(t, addr))
	}
	stop := crowd(addr)

	mutations := []func(*config.Config){
		func(c *config.Config) { c.Listeners[0].Name += "x" },
		func(c *config.Config) { c.Listeners[0].Service = "api" },
		func(c *config.Config) { c.Listeners[0].Service = "web" },
		func(c *config.Config) { c.Listeners[0].MaxConnectionsPerClient = 100 + rng.IntN(100) },
		func(c *config.Config) { c.Listeners[0].KeepAlive += time.Second },
		func(c *config.Config) {
			l := reloadListener(fmt.Sprintf("more%d", rng.IntN(1000)), "127.0.0.1:0")
			l.Service = "web"
			c.Listeners = append(c.Listeners[:1], l)
		},
		func(c *config.Config) { c.Listeners = c.Listeners[:1] },
		func(c *config.Config) {
			for i := range c.Services {
				c.Services[i].HealthyWhen, c.Services[i].Heartbeat = config.HealthyBoth, reloadHeartbeat()
				c.Services[i].Heartbeat.Interval += time.Duration(rng.IntN(100)) * time.Millisecond
			}
		},
		func(c *config.Config) {
			c.Services[0].HealthyWhen, c.Services[0].Heartbeat = config.HealthyCatalog, nil
		},
		func(c *config.Config) { c.Services[rng.IntN(2)].EmptyHold += time.Second },
		func(c *config.Config) { c.Services[rng.IntN(2)].Retries = 1 + rng.IntN(5) },
		func(c *config.Config) { c.Services[rng.IntN(2)].Drain = time.Duration(1+rng.IntN(9)) * time.Hour },
		func(c *config.Config) { c.Files, c.Consul = &config.Files{Dir: st.dir}, nil },
		func(c *config.Config) { c.Files, c.Consul = &config.Files{Dir: other}, nil },
		func(c *config.Config) { c.Files, c.Consul = nil, &config.Consul{Address: "http://" + consul.HTTP()} },
		func(c *config.Config) { c.Process.MaxConnections = 1000 + rng.IntN(1000) },
	}
	for n := range 60 {
		var done []int
		err := st.reload(func(c *config.Config) {
			for range 1 + rng.IntN(4) {
				m := rng.IntN(len(mutations))
				done = append(done, m)
				mutations[m](c)
			}
		})
		if err != nil {
			t.Errorf("reload %d, of %v: %v", n, done, err)
		}
		if n%4 == 0 {
			time.Sleep(20 * time.Millisecond) // for the others to come late
		}
	}
	served, failures := stop()
	t.Logf("%d clients served", served)
	if len(failures) > 0 || served == 0 {
		t.Errorf("got %d clients served, failures %v", served, failures)
	}
	for _, c := range lasting {
		c.works(t)
	}
}
