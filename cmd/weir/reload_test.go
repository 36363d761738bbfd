package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/config"
	"weir/proxy"
)

// Reloads come one after the other, whoever asks for them, and none after the end.
func TestReloadsInARow(t *testing.T) {
	st := newReloadStage(t)
	st.define(st.dir, "web", echoBackend(t, "blue"))
	ctx, cancel := context.WithCancel(t.Context())
	conf := st.conf
	b, err := newBalancer(&conf, "", nil, newLogger(conf.Log, io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	ran := make(chan error, 1)
	go func() { ran <- b.run(ctx) }()
	results := make(chan error)
	const n = 20
	for i := range n {
		go func() {
			next := st.conf
			next.Services = []config.Service{reloadService("web")}
			next.Services[0].Retries = i
			next.Listeners = []config.Listener{reloadListener("web", "127.0.0.1:0"), reloadListener(fmt.Sprintf("l%d", i), "127.0.0.1:0")}
			next.Listeners[1].Service = "web"
			results <- b.reload(&next)
		}()
	}
	for range n {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if got := len(b.inForce().Listeners); got != 2 {
		t.Errorf("got %d listeners, want 2", got)
	}
	cancel()
	if err := <-ran; err != nil {
		t.Error(err)
	}
	if err := b.reload(&st.conf); err != errNotRunning {
		t.Errorf("after the end: got %v, want %v", err, errNotRunning)
	}
}

// Level and form of the log are others for all who log; the limit of connections counts for all listeners.
func TestReloadChangesSettings(t *testing.T) {
	st := newReloadStage(t)
	st.define(st.dir, "web", echoBackend(t, "blue"))
	st.start()
	l := st.listener("web")
	if !l.Watched() {
		t.Error("at level debug: nobody looks at the ends of connections")
	}
	st.mustReload(func(c *config.Config) {
		c.Log = config.Log{Level: config.LevelInfo, Format: config.FormatText}
		c.Process.MaxConnections = 1
	})
	if l.Watched() {
		t.Error("at level info: the ends of connections are still looked at")
	}
	lines := strings.Split(strings.TrimSpace(st.log.String()), "\n")
	if last := lines[len(lines)-1]; strings.HasPrefix(last, "{") || !strings.HasSuffix(last, `weir: reloaded: settings_changed=["log", "process"]`) {
		t.Errorf("got %q, want it as text", last)
	}
	if got := st.b.inForce().Process.MaxConnections; got != 1 {
		t.Errorf("got max_connections %d in force, want 1", got)
	}
	first := mustConverse(t, st.addr("web"))
	second, err := net.Dial("tcp", st.addr("web"))
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	until(t, "the second one waits", func() bool { return strings.Contains(st.log.String(), "no room for more connections, they wait") })
	st.mustReload(func(c *config.Config) { c.Process.MaxConnections = 0 })
	second.SetDeadline(time.Now().Add(10 * time.Second))
	if name, err := bufio.NewReader(second).ReadString('\n'); err != nil || name != "blue\n" {
		t.Errorf("once there is room: got %q, %v", name, err)
	}
	first.works(t)
}

// More connections than descriptors allow are cut to that, and it is said each time.
func TestLimitBeyondTheDescriptors(t *testing.T) {
	st := newReloadStage(t)
	st.conf.Process.MaxConnections = 10_000_000
	st.define(st.dir, "web", echoBackend(t, "blue"))
	st.start()
	st.mustReload(func(*config.Config) {})
	most, descriptors := proxy.MaxConnections()
	want := map[string]any{"@level": "warn", "max_connections": 1e7, "limit": float64(most), "descriptors": float64(descriptors)}
	if diff := cmp.Diff([]map[string]any{want, want}, st.logged("max_connections is more than the descriptor limit allows")); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	want = map[string]any{"@level": "info", "max_connections": float64(most), "descriptors": float64(descriptors)}
	if diff := cmp.Diff([]map[string]any{want}, st.logged("limits")); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

// What is missing is named, each thing with its reason.
func TestAwaitReadyNamesWhatIsMissing(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	st := newReloadStage(t)
	st.conf.Files, st.conf.Consul = nil, &config.Consul{Address: "http://" + silent.Addr().String()}
	st.run()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err = st.b.awaitReady(ctx)
	want := `not ready: service "web": the catalog hasn't answered yet; listener "web" doesn't listen at ` + st.addr("web") + ` yet`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	// Listening without a set isn't being ready.
	until(t, "it listens", func() bool { return happened(st.listener("web").Serving()) })
	if err := st.b.awaitReady(ctx); err == nil || strings.Contains(err.Error(), "listener") {
		t.Errorf("got %v, want only the service", err)
	}
}

// A configuration that can't be loaded is remembered as what it is.
func TestRefuse(t *testing.T) {
	st := newReloadStage(t)
	st.run()
	bad := errors.New("config.hcl:1:1: no")
	if err := st.b.refuse(bad); err != bad {
		t.Errorf("got %v, want %v", err, bad)
	}
	if r := st.b.lastReload.Load(); r.err != bad || r.changed || r.at.IsZero() {
		t.Errorf("got result %+v", r)
	}
	if got := st.logged("reload failed, nothing changed"); len(got) != 1 || got[0]["@level"] != "error" || got[0]["error"] != bad.Error() {
		t.Errorf("got log %v", got)
	}
}
