// Package consul runs real Consul agents for tests: one in-memory agent, or a cluster of servers
// and clients, each a process of its own on its own loopback address with fast gossip. Agents can
// be killed, frozen, cut off and started again with or without their data, and datacenters joined.
// Everything ends with the test.
package consul

import (
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/hashicorp/consul/api"
)

// Options for Dev. The zero value is a plain agent.
type Options struct {
	Token string // turns ACLs on, with everything denied but to this token (a UUID), which may do everything
	TLS   bool   // opens an HTTPS address beside the plain one; it wants a client certificate
}

// Agent is one Consul agent. Register and its like may be called from any goroutine of the test
// that may fail it; what changes the process (Launch, Start, Kill, ...) from one goroutine at a time.
type Agent struct {
	Name  string // of its node
	Token string // empty: no ACLs
	TLS   *TLS   // nil: plain HTTP only

	binary     string
	flags      []string // besides the configuration file
	ip         netip.Addr
	ports      ports
	nodeID     string
	dataDir    string   // empty: in memory
	cluster    *Agents  // nil: it is alone
	additions  []object // to its base configuration
	wan        bool     // opens its SerfWAN port
	lost       bool     // was cut from its servers
	configFile string
	logFile    string
	process    *process // nil before the first launch
	api        *api.Client
}

// Dev starts one in-memory agent, server and client at once, and waits until it is ready. Killed
// and started again it is the same node at the same address with an empty catalog and its index
// back at the beginning.
func Dev(t testing.TB, options Options) *Agent {
	t.Helper()
	a := newAgent(t, "dev", options)
	a.flags = []string{"-dev"}
	a.writeConfig(t)
	a.Start(t)
	return a
}

// newAgent prepares an agent that doesn't run yet, and its end.
func newAgent(t testing.TB, name string, options Options) *Agent {
	t.Helper()
	binary, _, err := Find()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	a := &Agent{
		Name: name, Token: options.Token, binary: binary, ip: loopback(), nodeID: uuid(),
		configFile: filepath.Join(dir, "agent.json"), logFile: filepath.Join(dir, "agent.log"),
	}
	if a.ports, err = freePorts(a.ip); err != nil {
		t.Fatal(err)
	}
	if options.TLS {
		if a.TLS, err = newTLS(filepath.Join(dir, "tls"), a.ip); err != nil {
			t.Fatalf("make certificates: %v", err)
		}
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 4}
	a.api, err = api.NewClient(&api.Config{
		Address: a.HTTP(), Scheme: "http", Token: a.Token, HttpClient: &http.Client{Transport: transport},
	})
	if err != nil {
		t.Fatalf("make a consul client: %v", err)
	}
	t.Cleanup(func() {
		if a.process != nil {
			a.process.kill()
		}
		transport.CloseIdleConnections()
		if t.Failed() {
			t.Logf("%s", a.logTail())
		}
	})
	return a
}

// HTTP is the host:port of the agent's plain HTTP address. It stays the same over restarts.
func (a *Agent) HTTP() string { return a.at(a.ports.HTTP) }

// HTTPS is the host:port of the agent's HTTPS address, which only answers where TLS is on.
func (a *Agent) HTTPS() string { return a.at(a.ports.HTTPS) }

func (a *Agent) at(port int) string { return net.JoinHostPort(a.ip.String(), strconv.Itoa(port)) }

// API is a client of this agent, with its token, for what has no helper here.
func (a *Agent) API() *api.Client { return a.api }

// Start runs the agent and waits until it is ready.
func (a *Agent) Start(t testing.TB) {
	t.Helper()
	a.Launch(t)
	a.Ready(t)
}

// Launch runs the agent with the data it has, and doesn't wait for anything: a client agent whose
// servers are down never becomes ready.
func (a *Agent) Launch(t testing.TB) {
	t.Helper()
	if a.process != nil && a.process.alive() {
		t.Fatalf("launch consul %s: it runs already", a.Name)
	}
	log, err := os.OpenFile(a.logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close() // the child has its own copy
	args := append([]string{"agent", "-config-file", a.configFile}, a.flags...)
	if a.process, err = launch(a.binary, args, log); err != nil {
		t.Fatalf("launch consul %s: %v", a.Name, err)
	}
}

// Kill ends the agent at once (SIGKILL), so that nobody is told, and waits until it is gone.
func (a *Agent) Kill() { a.process.kill() }

// Erase forgets the data of an agent that doesn't run: it will start like a new one of its name.
func (a *Agent) Erase(t testing.TB) {
	t.Helper()
	if a.process.alive() {
		t.Fatalf("erase the data of consul %s: it runs", a.Name)
	}
	if a.dataDir == "" {
		return // in memory, gone already
	}
	if err := os.RemoveAll(a.dataDir); err != nil {
		t.Fatal(err)
	}
}

// Freeze stops the agent where it stands (SIGSTOP): its connections stay open and silent.
func (a *Agent) Freeze(t testing.TB) {
	t.Helper()
	a.signal(t, syscall.SIGSTOP)
	if err := awaitStopped(a.process.os); err != nil {
		t.Fatalf("wait until consul %s stands still: %v", a.Name, err)
	}
}

// Thaw lets a frozen agent go on.
func (a *Agent) Thaw(t testing.TB) {
	t.Helper()
	a.signal(t, syscall.SIGCONT)
}

func (a *Agent) signal(t testing.TB, signal os.Signal) {
	t.Helper()
	if err := a.process.os.Signal(signal); err != nil {
		t.Fatalf("send %v to consul %s: %v", signal, a.Name, err)
	}
}

// uuid is a random one in the form that Consul wants for node IDs.
func uuid() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b)               // never fails: it ends the program instead
	b[6], b[8] = 0x40, 0x80|b[8]&0x3f // version 4, variant 1
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
