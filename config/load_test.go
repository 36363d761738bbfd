package config

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// diff compares configurations; addresses and secrets by ==.
func diff(want, got *Config) string {
	return cmp.Diff(want, got, cmpopts.EquateComparable(netip.AddrPort{}, Secret{}))
}

// valid loads a file that nothing may be said about.
func valid(t *testing.T, path string, getenv func(string) string) *Config {
	t.Helper()
	conf, diags := loadWith(t, path, getenv)
	if got := text(t, diags); got != "" || conf == nil {
		t.Fatalf("%s brings\n%s", path, got)
	}
	return conf
}

// usual is a service with what the defaults of its connections are; the rest is the caller's.
func usual(s Service) Service {
	s.Balance, s.ConnectTimeout, s.Retries = WeightedRoundRobin, time.Second, 2
	s.Drain, s.OnUnhealthy = Forever, OnUnhealthyKeep
	s.OnEmpty, s.EmptyHold, s.Failback = OnEmptyHold, 2*time.Minute, 30*time.Second
	return s
}

// plain is a listener with the defaults.
func plain(name, bind, service string) Listener {
	return Listener{
		Name: name, Bind: Bind{AddrPort: netip.MustParseAddrPort(bind)}, Service: service,
		WhenFull: WhenFullWait, HalfCloseTimeout: time.Hour, KeepAlive: time.Minute,
	}
}

// usualProcess is what holds without a process block.
var usualProcess = Process{ShutdownGrace: 30 * time.Second, UpgradeGrace: Forever}

func TestDefaults(t *testing.T) {
	want := &Config{
		Log:       Log{Level: LevelInfo, Format: FormatText},
		Consul:    &Consul{Address: "http://127.0.0.1:8500", SnapshotMaxAge: 24 * time.Hour},
		Process:   usualProcess,
		Services:  []Service{usual(Service{Name: "web", HealthyWhen: HealthyCatalog})},
		Listeners: []Listener{plain("web", "[::]:8080", "web")},
	}
	if d := diff(want, valid(t, "testdata/valid/smallest.hcl", noEnv)); d != "" {
		t.Errorf("defaults (-want +got):\n%s", d)
	}
}

func TestDefaultHeartbeatAndFiles(t *testing.T) {
	want := &Config{
		Log:     Log{Level: LevelInfo, Format: FormatText},
		Files:   &Files{Dir: "testdata/services.d"},
		Process: usualProcess,
		Services: []Service{usual(Service{
			Name: "web", HealthyWhen: HealthyBoth,
			Heartbeat: &Heartbeat{Type: HTTP, Path: "/health", Interval: 2 * time.Second, Timeout: time.Second, Rise: 1, Fall: 3},
		})},
		Listeners: []Listener{
			plain("web", "127.0.0.1:8080", "web"),
			plain("local", "127.0.0.2:8080", "web"),
		},
	}
	if d := diff(want, valid(t, "testdata/valid/files.hcl", noEnv)); d != "" {
		t.Errorf("defaults (-want +got):\n%s", d)
	}
}

func TestEverything(t *testing.T) {
	want := &Config{
		Log: Log{Level: LevelDebug, Format: FormatJSON},
		Consul: &Consul{
			Address: "https://consul.example.com:8501/prefix", Token: NewSecret("5f1c-secret"),
			Datacenter: "dc2", Namespace: "shop", Partition: "east",
			SnapshotFile: filepath.FromSlash("testdata/valid/weir.snapshot"), SnapshotMaxAge: 90 * time.Minute,
			TLS: TLS{
				CAFile:   filepath.FromSlash("testdata/valid/smallest.hcl"),
				CertFile: filepath.FromSlash("testdata/valid/everything.hcl"),
				KeyFile:  filepath.FromSlash("testdata/valid/files.hcl"), ServerName: "server.dc2.consul", InsecureSkipVerify: true,
			},
		},
		Process: Process{
			MaxConnections: 5000, ShutdownDelay: 5 * time.Second, ShutdownGrace: Forever, UpgradeGrace: 2 * time.Hour,
			PIDFile: filepath.FromSlash("testdata/valid/weir.pid"),
		},
		Services: []Service{{
			Name: "web", Tags: []string{"blue", "v2"},
			Filter:      `Service.Meta.version == "v2" and not Checks.Status == critical`,
			HealthyWhen: HealthyHeartbeat, Balance: WeightedRoundRobin, ConnectTimeout: 250 * time.Millisecond, Retries: 0,
			Drain: 10 * time.Minute, OnUnhealthy: OnUnhealthyClose, ProxyProtocol: ProxyProtocolV2, MaxPerInstance: 200,
			OnEmpty: OnEmptyHold, EmptyHold: 45 * time.Second, PanicThreshold: 30, Failover: []string{"dc3", "dc1"}, Failback: 0,
			Heartbeat: &Heartbeat{
				Type: HTTP, Path: "/up?deep=1", Expect: "up", Port: 9000,
				Interval: 5 * time.Second, Timeout: 1500 * time.Millisecond, Rise: 2, Fall: 4,
			},
		}, {
			Name: "db", HealthyWhen: HealthyCatalog, Balance: WeightedRoundRobin, ConnectTimeout: time.Second, Retries: 2,
			Drain: 0, OnUnhealthy: OnUnhealthyKeep, ProxyProtocol: ProxyProtocolV1,
			OnEmpty: OnEmptyApply, EmptyHold: 2 * time.Minute, Failback: 30 * time.Second,
			Heartbeat: &Heartbeat{Type: TCP, Interval: 2 * time.Second, Timeout: time.Second, Rise: 1, Fall: 3},
		}},
		Listeners: []Listener{
			plain("web", "0.0.0.0:8080", "web"),
			{
				Name: "web6", Bind: Bind{AddrPort: netip.MustParseAddrPort("[::1]:9090")}, Service: "web",
				MaxConnections: 4000, MaxConnectionsPerClient: 30, WhenFull: WhenFullClose,
				IdleTimeout: 15 * time.Minute, MaxLifetime: 12 * time.Hour, HalfCloseTimeout: 30 * time.Second, KeepAlive: 0,
			},
			plain("db", "127.0.0.1:5432", "db"),
			plain("any", "127.0.0.1:0", "db"),
			plain("any2", "[::]:0", "db"),
			{
				Name: "local", Bind: Bind{Path: "/tmp/weir-everything.sock"}, Service: "db",
				WhenFull: WhenFullClose, KeepAlive: 32767 * time.Second,
			},
			plain("link", "[fe80::1%eth0]:9091", "db"),
		},
	}
	if d := diff(want, valid(t, "testdata/valid/everything.hcl", noEnv)); d != "" {
		t.Errorf("everything (-want +got):\n%s", d)
	}
}

// TestMerged shows that a directory is one configuration, in the order of names.
func TestMerged(t *testing.T) {
	conf := valid(t, "testdata/merged", noEnv)
	var got []string
	for _, l := range conf.Listeners {
		got = append(got, "listener "+l.Name)
	}
	for _, s := range conf.Services {
		got = append(got, "service "+s.Name)
	}
	want := []string{"listener api", "listener web", "service web", "service api"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("blocks (-want +got):\n%s", d)
	}
	if conf.Files == nil || conf.Files.Dir != filepath.FromSlash("testdata/services.d") {
		t.Errorf("files %v, want the folder beside that of the file", conf.Files)
	}
}

// TestUnreadable shows what Load says when there is nothing to parse.
func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	nothing := filepath.Join(dir, "empty")
	odd := filepath.Join(dir, "odd")
	for _, d := range []string{nothing, odd} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("nowhere", filepath.Join(odd, "lost.hcl")); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "missing.hcl"): "There is no file or directory " + filepath.Join(dir, "missing.hcl"),
		nothing:                           "The directory " + nothing + " has no file whose name ends in .hcl",
		odd:                               "There is no file or directory " + filepath.Join(odd, "lost.hcl"),
	} {
		conf, diags := Load(path)
		if got := text(t, diags); conf != nil || !diags.HasErrors() || !strings.Contains(got, want) {
			t.Errorf("%s: config %v, and\n%swant %q", path, conf, got, want)
		}
	}
}

// TestAbsolutePaths shows that Load joins only relative paths.
func TestAbsolutePaths(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "weir.hcl")
	source := `
files { dir = "` + filepath.ToSlash(dir) + `" }
service "web" {}
listener "web" {
  bind    = ":8080"
  service = "web"
}`
	if err := os.WriteFile(file, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	if conf := valid(t, file, noEnv); conf.Files.Dir != dir {
		t.Errorf("dir %q, want %q", conf.Files.Dir, dir)
	}
}
