package main

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"weir/config"
	"weir/health"
)

// reloadedBy says of each key how a reload applies it. A key that isn't here fails the test: see to it that
// a reload applies it, then enter it, with
//
//	log, catalog   the block is applied as a whole
//	process        limit, or who uses it asks inForce
//	listener       Configure with other settings, Succeed, or another socket
//	client         the session.Service that listeners have for their next client
//	watch          what the catalog is asked
//	heartbeats     a checker that inherits the verdicts
//	selector       its rules
//	tiers          the datacenters
//	update         looked up in service.conf at each update
//	nothing        there is but one value so far
//	same           it says which one it is: another one is another
var reloadedBy = map[string]string{
	"Log.Level":                         "log",
	"Log.Format":                        "log",
	"Consul.Address":                    "catalog",
	"Consul.Token":                      "catalog",
	"Consul.TokenFile":                  "catalog",
	"Consul.Datacenter":                 "catalog",
	"Consul.Namespace":                  "catalog",
	"Consul.Partition":                  "catalog",
	"Consul.TLS.CAFile":                 "catalog",
	"Consul.TLS.CertFile":               "catalog",
	"Consul.TLS.KeyFile":                "catalog",
	"Consul.TLS.ServerName":             "catalog",
	"Consul.TLS.InsecureSkipVerify":     "catalog",
	"Consul.SnapshotFile":               "catalog",
	"Consul.SnapshotMaxAge":             "catalog",
	"Files.Dir":                         "catalog",
	"Process.MaxConnections":            "process",
	"Process.ShutdownDelay":             "process",
	"Process.ShutdownGrace":             "process",
	"Process.UpgradeGrace":              "process",
	"Process.PIDFile":                   "process",
	"Services.Name":                     "same",
	"Services.Tags":                     "watch",
	"Services.Filter":                   "watch",
	"Services.HealthyWhen":              "selector",
	"Services.Balance":                  "nothing",
	"Services.ConnectTimeout":           "client",
	"Services.Retries":                  "client",
	"Services.Drain":                    "update",
	"Services.OnUnhealthy":              "update",
	"Services.ProxyProtocol":            "client heartbeats",
	"Services.MaxPerInstance":           "client",
	"Services.OnEmpty":                  "watch",
	"Services.EmptyHold":                "watch",
	"Services.PanicThreshold":           "selector",
	"Services.Failover":                 "tiers",
	"Services.Failback":                 "selector",
	"Services.Heartbeat.Type":           "heartbeats",
	"Services.Heartbeat.Path":           "heartbeats",
	"Services.Heartbeat.Expect":         "heartbeats",
	"Services.Heartbeat.Port":           "heartbeats",
	"Services.Heartbeat.Interval":       "heartbeats",
	"Services.Heartbeat.Timeout":        "heartbeats",
	"Services.Heartbeat.Rise":           "heartbeats",
	"Services.Heartbeat.Fall":           "heartbeats",
	"Listeners.Name":                    "listener",
	"Listeners.Bind.AddrPort":           "listener",
	"Listeners.Bind.Path":               "listener",
	"Listeners.Service":                 "listener",
	"Listeners.MaxConnections":          "listener",
	"Listeners.MaxConnectionsPerClient": "listener",
	"Listeners.WhenFull":                "listener",
	"Listeners.IdleTimeout":             "listener",
	"Listeners.MaxLifetime":             "listener",
	"Listeners.HalfCloseTimeout":        "listener",
	"Listeners.KeepAlive":               "listener",
}

// Each key of the configuration is known to the difference, and a reload does with it what reloadedBy says.
func TestEveryKeyIsReloaded(t *testing.T) {
	var seen []string
	is := filled()
	walk(reflect.ValueOf(is).Elem(), "", func(path string, value reflect.Value) {
		seen = append(seen, path)
		before := reflect.New(value.Type()).Elem()
		before.Set(value)
		defer value.Set(before)
		disturb(t, path, value)
		if got := effect(filled(), is); got != reloadedBy[path] {
			t.Errorf("%s: got %q, want %q", path, got, reloadedBy[path])
		}
	})
	for path := range reloadedBy {
		if !slices.Contains(seen, path) {
			t.Errorf("%s: there is no such key any more", path)
		}
	}
	if len(seen) < 50 {
		t.Errorf("found %d keys only: %v", len(seen), seen)
	}
}

// filled has one of each block, so that each key has a place.
func filled() *config.Config {
	s := reloadService("web")
	s.Heartbeat = reloadHeartbeat()
	s.Tags, s.Failover = []string{"v1"}, []string{"dc2"}
	return &config.Config{
		Consul:    &config.Consul{},
		Files:     &config.Files{},
		Services:  []config.Service{s},
		Listeners: []config.Listener{reloadListener("web", "127.0.0.1:80")},
	}
}

// walk visits all keys: through pointers and lists of blocks, whose first it takes.
func walk(v reflect.Value, path string, visit func(string, reflect.Value)) {
	leaf := v.Type() == reflect.TypeFor[netip.AddrPort]() || v.Type() == reflect.TypeFor[config.Secret]()
	switch {
	case v.Kind() == reflect.Struct && !leaf:
		for i := range v.NumField() {
			walk(v.Field(i), strings.TrimPrefix(path+"."+v.Type().Field(i).Name, "."), visit)
		}
	case v.Kind() == reflect.Pointer:
		walk(v.Elem(), path, visit)
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct:
		walk(v.Index(0), path, visit)
	default:
		visit(path, v)
	}
}

// disturb makes the value another one.
func disturb(t *testing.T, path string, v reflect.Value) {
	t.Helper()
	switch v.Interface().(type) {
	case netip.AddrPort:
		v.Set(reflect.ValueOf(netip.MustParseAddrPort("127.0.0.1:81")))
		return
	case config.Secret:
		v.Set(reflect.ValueOf(config.NewSecret("other")))
		return
	case config.HealthyWhen:
		v.SetString(string(config.HealthyBoth))
		return
	case config.OnEmpty:
		v.SetString(string(config.OnEmptyApply))
		return
	case config.HeartbeatType:
		v.SetString(string(config.HTTP))
		return
	case config.ProxyProtocol:
		v.SetString(string(config.ProxyProtocolV2))
		return
	case config.WhenFull:
		v.SetString(string(config.WhenFullClose))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + "other")
	case reflect.Int, reflect.Int64:
		v.SetInt(v.Int() ^ 1)
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Slice:
		v.Set(reflect.ValueOf([]string{"other"}))
	default:
		t.Fatalf("%s: the test doesn't know how to change a %s", path, v.Type())
	}
}

// effect is what a reload from one configuration to the other does, in reloadedBy's words.
func effect(was, is *config.Config) string {
	var words []string
	p := difference(was, is)
	for _, word := range told(p) {
		if rest, found := strings.CutPrefix(word, "listener "); found {
			word = "listener"
			if strings.HasSuffix(rest, " changed") && was.Listeners[0].Service == is.Listeners[0].Service && settings(was.Listeners[0]) == settings(is.Listeners[0]) {
				word = "listener unchanged"
			}
		} else if word == "service web changed" {
			word = serviceEffect(was.Services[0], is.Services[0])
		} else if strings.HasPrefix(word, "service ") {
			word = "same"
		}
		if !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return strings.Join(words, " ")
}

func serviceEffect(was, is config.Service) string {
	log := hclog.NewNullLogger()
	old := newService(was, nil, health.NewLimiter(1), log)
	s := newService(is, nil, health.NewLimiter(1), log)
	var words []string
	add := func(word string, changed bool) {
		if changed {
			words = append(words, word)
		}
	}
	front := func(s *service) string {
		p := *s.proxy()
		p.Pool, p.ConnectFailed = nil, nil
		return fmt.Sprintf("%+v", p)
	}
	add("client", front(old) != front(s))
	add("watch", !cmp.Equal(old.tiers[0].query(was), old.tiers[0].query(is)))
	add("heartbeats", !sameHeartbeats(was, is))
	add("selector", !reflect.DeepEqual(old.selector, s.selector))
	datacenters := func(s *service) (list []string) {
		for _, t := range s.tiers {
			list = append(list, t.datacenter)
		}
		return list
	}
	add("tiers", !slices.Equal(datacenters(old), datacenters(s)))
	rest := was
	rest.Drain, rest.OnUnhealthy = is.Drain, is.OnUnhealthy
	add("update", reflect.DeepEqual(rest, is))
	rest.Balance = is.Balance
	add("nothing", words == nil && reflect.DeepEqual(rest, is))
	return strings.Join(words, " ")
}
