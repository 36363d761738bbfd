package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/config"
	"weir/proxy"
)

// A reloadStage is a running balancer with service files and real backends.
type reloadStage struct {
	t    *testing.T
	dir  string // of service files
	b    *balancer
	log  *lockedBuffer
	conf config.Config // as it was given last

	inherited []proxy.Socket
}

// newReloadStage has one service and one listener, both called "web".
func newReloadStage(t *testing.T) *reloadStage {
	st := &reloadStage{t: t, dir: t.TempDir(), log: new(lockedBuffer)}
	st.conf = config.Config{
		Log:       config.Log{Level: config.LevelDebug, Format: config.FormatJSON},
		Files:     &config.Files{Dir: st.dir},
		Services:  []config.Service{reloadService("web")},
		Listeners: []config.Listener{reloadListener("web", "127.0.0.1:0")},
	}
	return st
}

// run runs the balancer until the test ends.
func (st *reloadStage) run() {
	st.t.Helper()
	relay, err := relayKind()
	if err != nil {
		st.t.Fatal(err)
	}
	conf := st.conf
	b, err := newBalancer(&conf, relay, st.inherited, newLogger(conf.Log, st.log))
	if err != nil {
		st.t.Fatal(err)
	}
	st.b = b
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- b.run(ctx) }()
	st.t.Cleanup(func() {
		cancel()
		if err := <-ran; err != nil {
			st.t.Error(err)
		}
		if st.t.Failed() {
			st.t.Logf("log:\n%s", st.log)
		}
	})
}

// start runs the balancer, and returns when all listeners listen and all services had a set.
func (st *reloadStage) start() {
	st.t.Helper()
	st.run()
	ctx, cancel := context.WithTimeout(st.t.Context(), 10*time.Second)
	defer cancel()
	if err := st.b.awaitReady(ctx); err != nil {
		st.t.Fatal(err)
	}
}

func reloadService(name string) config.Service {
	return config.Service{
		Name: name, HealthyWhen: config.HealthyCatalog, Balance: config.WeightedRoundRobin,
		ConnectTimeout: time.Second, Retries: 2, Drain: config.Forever, OnUnhealthy: config.OnUnhealthyKeep,
		OnEmpty: config.OnEmptyHold, EmptyHold: time.Minute, Failback: 30 * time.Second,
	}
}

func reloadHeartbeat() *config.Heartbeat {
	return &config.Heartbeat{Type: config.TCP, Interval: 400 * time.Millisecond, Timeout: 200 * time.Millisecond, Rise: 1, Fall: 2}
}

// reloadListener is for the service of the same name.
func reloadListener(name, addr string) config.Listener {
	return config.Listener{Name: name, Service: name, Bind: config.Bind{AddrPort: netip.MustParseAddrPort(addr)}, KeepAlive: time.Minute, HalfCloseTimeout: time.Hour}
}

// reload applies a change of the configuration as it was given last.
func (st *reloadStage) reload(change func(*config.Config)) error {
	st.t.Helper()
	next := st.conf
	next.Services = slices.Clone(next.Services)
	next.Listeners = slices.Clone(next.Listeners)
	change(&next)
	st.conf = next
	return st.b.reload(&next)
}

func (st *reloadStage) mustReload(change func(*config.Config)) {
	st.t.Helper()
	if err := st.reload(change); err != nil {
		st.t.Fatal(err)
	}
}

// listener is the one in force of that name.
func (st *reloadStage) listener(name string) *listener {
	st.t.Helper()
	st.b.mu.Lock()
	defer st.b.mu.Unlock()
	for _, l := range st.b.listeners {
		if l.conf.Name == name {
			return l
		}
	}
	st.t.Fatalf("no listener %q", name)
	return nil
}

func (st *reloadStage) service(name string) *service {
	st.b.mu.Lock()
	defer st.b.mu.Unlock()
	return st.b.services[name]
}

func (st *reloadStage) addr(name string) string { return st.listener(name).Addr().String() }

// define writes a service file for each backend into a folder.
func (st *reloadStage) define(dir, service string, backends ...*echoServer) {
	st.t.Helper()
	for _, b := range backends {
		text := fmt.Sprintf("service {\n id = %q\n name = %q\n tags = [%q]\n address = %q\n port = %d\n}\n",
			b.name, service, b.name, b.addr.Addr(), b.addr.Port())
		draft := filepath.Join(dir, "."+service+b.name)
		if err := os.WriteFile(draft, []byte(text), 0o644); err != nil {
			st.t.Fatal(err)
		}
		if err := os.Rename(draft, filepath.Join(dir, service+"-"+b.name+".hcl")); err != nil {
			st.t.Fatal(err)
		}
	}
}

// logged returns the fields of the log's lines with that message.
func (st *reloadStage) logged(msg string) (lines []map[string]any) {
	st.t.Helper()
	for line := range strings.Lines(st.log.String()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err == nil && fields["@message"] == msg {
			delete(fields, "@message")
			delete(fields, "@timestamp")
			delete(fields, "@module")
			lines = append(lines, fields)
		}
	}
	return lines
}

// until polls for what comes of itself.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// An echoServer says its name, and then whatever it is told.
type echoServer struct {
	name string
	addr netip.AddrPort
}

func echoBackend(t *testing.T, name string) *echoServer {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				io.WriteString(conn, name+"\n")
				io.Copy(conn, conn)
			}()
		}
	}()
	return &echoServer{name, ln.Addr().(*net.TCPAddr).AddrPort()}
}

// A dialogue is a connection to an echoServer.
type dialogue struct {
	net.Conn
	in   *bufio.Reader
	with string // the backend's name
}

// converse connects and returns when the backend has said its name.
func converse(addr string) (*dialogue, error) {
	network := "tcp"
	if path, unix := strings.CutPrefix(addr, "unix:"); unix {
		network, addr = "unix", path
	}
	conn, err := net.DialTimeout(network, addr, 5*time.Second)
	if err != nil {
		return nil, err
	}
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	c := &dialogue{Conn: conn, in: bufio.NewReader(conn)}
	name, err := c.in.ReadString('\n')
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("no name: %w", err)
	}
	c.with = strings.TrimSpace(name)
	return c, nil
}

func mustConverse(t *testing.T, addr string) *dialogue {
	t.Helper()
	c, err := converse(addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// works checks that the connection is alive.
func (c *dialogue) works(t *testing.T) {
	t.Helper()
	const said = "are you there?\n"
	if _, err := io.WriteString(c, said); err != nil {
		t.Errorf("connection to %s: %v", c.with, err)
		return
	}
	if got, err := c.in.ReadString('\n'); err != nil || got != said {
		t.Errorf("connection to %s: got %q, %v; want %q", c.with, got, err, said)
	}
}

// crowd sends one client after the other to an address until stop is called, which returns how many
// there were and the failures.
func crowd(addr string) (stop func() (served int, failures []error)) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	var served int
	var failures []error
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			c, err := converse(addr)
			if err != nil {
				failures = append(failures, err)
			} else {
				served++
				c.Close()
			}
			time.Sleep(time.Millisecond)
		}
	}()
	return func() (int, []error) {
		cancel()
		<-done
		return served, failures
	}
}

// unharmed ends a crowd, and checks that nobody in it was refused or reset.
func unharmed(t *testing.T, stop func() (int, []error)) {
	t.Helper()
	served, failures := stop()
	if len(failures) > 0 || served == 0 {
		t.Errorf("got %d clients served and %d failures: %v", served, len(failures), failures)
	}
}
