package config

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// FuzzParse feeds the decoder any text: it never panics, its diagnostics can be
// printed, and there is a usable configuration if and only if there is no error.
func FuzzParse(f *testing.F) {
	seeds, err := filepath.Glob("testdata/*/*.hcl")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, name := range append(seeds, annotated) {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		conf, diags := parse([]source{{"fuzz.hcl", text}}, noEnv)
		if err := diags.Write(io.Discard, 80, true); err != nil {
			t.Errorf("write: %v", err)
		}
		if (conf == nil) != diags.HasErrors() {
			t.Fatalf("config %v, errors %v", conf, diags.HasErrors())
		}
		if conf != nil {
			checkPromises(t, conf)
		}
	})
}

// checkPromises holds a configuration against what its types' comments say.
func checkPromises(t *testing.T, conf *Config) {
	t.Helper()
	if (conf.Consul == nil) == (conf.Files == nil) {
		t.Errorf("consul %v, files %v; want one", conf.Consul, conf.Files)
	}
	if conf.Consul != nil && conf.Consul.SnapshotMaxAge < time.Minute {
		t.Errorf("consul %+v", conf.Consul)
	}
	if p := conf.Process; p.MaxConnections < 0 || p.ShutdownDelay < 0 || p.ShutdownGrace < 0 || p.UpgradeGrace < 0 {
		t.Errorf("process %+v", p)
	}
	names := make(map[string]bool)
	for _, s := range conf.Services {
		if names[s.Name] || s.Name == "" {
			t.Errorf("service name %q is empty or not unique", s.Name)
		}
		names[s.Name] = true
		if s.ConnectTimeout <= 0 || s.Retries < 0 || s.Balance == "" || s.HealthyWhen == "" {
			t.Errorf("service %+v", s)
		}
		if s.OnEmpty == "" || s.EmptyHold < time.Second || s.Failback < 0 || s.PanicThreshold < 0 || s.PanicThreshold > 100 {
			t.Errorf("service %+v", s)
		}
		if s.Drain < 0 || s.OnUnhealthy == "" || s.MaxPerInstance < 0 {
			t.Errorf("service %+v", s)
		}
		for i, name := range s.Failover {
			if conf.Files != nil || name == "" || name == conf.Consul.Datacenter || slices.Contains(s.Failover[:i], name) {
				t.Errorf("service %+v, consul %+v", s, conf.Consul)
			}
		}
		h := s.Heartbeat
		switch {
		case h == nil && s.HealthyWhen != HealthyCatalog:
			t.Errorf("service %+v waits for a heartbeat that it has not", s)
		case h != nil && (h.Timeout <= 0 || h.Timeout >= h.Interval || h.Rise < 1 || h.Fall < 1 || h.Port < 0 || h.Port > 65535):
			t.Errorf("heartbeat %+v", h)
		case h != nil && (h.Type == HTTP) != (h.Path != ""):
			t.Errorf("heartbeat %+v", h)
		}
	}
	if len(conf.Listeners) == 0 {
		t.Error("no listener")
	}
	for i, l := range conf.Listeners {
		if !names[l.Service] || l.MaxConnections < 0 || l.MaxConnectionsPerClient < 0 || l.WhenFull == "" {
			t.Errorf("listener %+v", l)
		}
		if b := l.Bind; b.AddrPort.IsValid() == (b.Path != "") || b.Path != "" && (!filepath.IsAbs(b.Path) || len(b.Path) > 107) {
			t.Errorf("listener %+v", l)
		}
		for _, d := range []time.Duration{l.IdleTimeout, l.MaxLifetime, l.HalfCloseTimeout} {
			if d != 0 && d < 100*time.Millisecond {
				t.Errorf("listener %+v", l)
			}
		}
		if l.KeepAlive < 0 || l.KeepAlive%time.Second != 0 || l.KeepAlive > 32767*time.Second {
			t.Errorf("listener %+v", l)
		}
		for _, other := range conf.Listeners[:i] {
			if clash(l.Bind, other.Bind) || l.Name == other.Name {
				t.Errorf("listeners %+v and %+v", l, other)
			}
		}
	}
	if conf.Summary() == "" {
		t.Error("no summary")
	}
}
