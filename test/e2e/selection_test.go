package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"weir/test/consul"
	"weir/test/rig"
)

// Tags and a filter choose among a service's instances, in a Consul that wants
// a token, over TLS with a client's certificate.
func TestSelectionWithTokenOverTLS(t *testing.T) {
	const token = "0b1ac3de-1234-4321-8765-00ff00ff00ff"
	agent := consul.Dev(t, consul.Options{Token: token, TLS: true})
	for name, i := range map[string]consul.Instance{
		"a": {Tags: []string{"blue", "v2"}, Meta: map[string]string{"zone": "north"}},
		"b": {Tags: []string{"blue"}, Meta: map[string]string{"zone": "north"}},
		"c": {Tags: []string{"v2", "blue"}, Meta: map[string]string{"zone": "south"}},
		"d": {Tags: []string{"Blue", "V2"}, Meta: map[string]string{"zone": "north"}}, // case doesn't matter, as in Consul's ?tag=
	} {
		b := rig.StartBackend(t, name)
		i.Service, i.ID, i.Host, i.Port = "web", name, b.Host, b.Port
		agent.Register(t, i)
	}
	tokenFile := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(tokenFile, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := rig.StartWeir(t, fmt.Sprintf(`
consul {
  address    = "https://%s"
  token_file = %q
  tls {
    ca_file     = %q
    cert_file   = %q
    key_file    = %q
    server_name = %q
  }
}
service "web" {
  tags   = ["blue", "v2"]
  filter = "Service.Meta.zone == north"
  %s
}
listener "web" {
  bind    = "127.0.0.1:0"
  service = "web"
}
`, agent.HTTPS(), tokenFile, agent.TLS.CAFile, agent.TLS.CertFile, agent.TLS.KeyFile, agent.TLS.ServerName, heartbeats))
	addr := w.Address(t, "web")
	w.Eligible(t, 0, 2)
	checkShares(t, addr, map[string]int{"a": 1, "d": 1})
}

// checkShares makes ten cycles of connections and wants the exact shares.
func checkShares(t *testing.T, addr string, weights map[string]int) {
	t.Helper()
	const cycles = 10
	sum := 0
	for _, w := range weights {
		sum += w
	}
	var names []string
	for range cycles * sum {
		r := rig.Get(t.Context(), addr)
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		names = append(names, r.Name)
	}
	checkCounts(t, count(names), weights, cycles)
	if got := len(count(names)); got != len(weights) {
		t.Errorf("backends with connections: got %v, want only %v", count(names), weights)
	}
}

// Who must call an instance good is the service's choice.
func TestHealthyWhen(t *testing.T) {
	agent := consul.Dev(t, consul.Options{})
	good, sick, failing := rig.StartBackend(t, "good"), rig.StartBackend(t, "sick"), rig.StartBackend(t, "failing")
	register(t, agent, good, 3)
	register(t, agent, sick, 2)
	register(t, agent, failing, 2)
	sick.SetSick(t, true)
	agent.Fail(t, "failing")
	for rule, want := range map[string]map[string]int{
		"both":      {"good": 1}, // a lone weight of 3
		"catalog":   {"good": 3, "sick": 2},
		"heartbeat": {"good": 3, "failing": 2},
	} {
		t.Run(rule, func(t *testing.T) {
			w := rig.StartWeir(t, webConfig(agent, fmt.Sprintf("healthy_when = %q\n%s", rule, heartbeats)))
			addr := w.Address(t, "web")
			w.Eligible(t, 0, len(want))
			checkShares(t, addr, want)
		})
	}
}

// Service files are a catalog without a server, and the same files register in
// Consul.
func TestServiceFiles(t *testing.T) {
	a, b := rig.StartBackend(t, "a"), rig.StartBackend(t, "b")
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		temp := path + ".tmp"
		if err := os.WriteFile(temp, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(temp, path); err != nil {
			t.Fatal(err)
		}
		return path
	}
	definition := func(weight int) string {
		return fmt.Sprintf("service {\n  id = \"a\"\n  name = \"web\"\n  address = %q\n  port = %d\n  weights = {\n    passing = %d\n    warning = 1\n  }\n}\n", a.Host, a.Port, weight)
	}
	inHCL := write("a.hcl", definition(3))
	inJSON := write("b.json", fmt.Sprintf(`{"services": [{"id": "b", "name": "web", "address": %q, "port": %d}]}`, b.Host, b.Port))
	service := fmt.Sprintf("service \"web\" {\n%s\n}\nlistener \"web\" {\n  bind = \"127.0.0.1:0\"\n  service = \"web\"\n}\n", heartbeats)

	w := rig.StartWeir(t, fmt.Sprintf("files {\n  dir = %q\n}\n%s", dir, service))
	addr := w.Address(t, "web")
	w.Eligible(t, 0, 2)
	checkShares(t, addr, map[string]int{"a": 3, "b": 1})

	mark := w.Mark()
	write("a.hcl", definition(2))
	w.Await(t, mark, "eligible set changed", func(l rig.Line) bool { return strings.Contains(fmt.Sprint(l.Fields["reweighted"]), "a") })
	checkShares(t, addr, map[string]int{"a": 2, "b": 1})

	mark = w.Mark()
	write("c.hcl", "service {\n  name = \"web\"\n  prot = 80\n}\n")
	bad := w.Await(t, mark, "definition file is bad, nothing of it is used", nil)
	if text := fmt.Sprint(bad.Fields); !strings.Contains(text, "c.hcl:3") || !strings.Contains(text, "port") {
		t.Errorf("log of a bad file: got %v, want its place and the right key", bad.Fields)
	}
	checkShares(t, addr, map[string]int{"a": 2, "b": 1})

	agent := consul.Dev(t, consul.Options{})
	agent.RegisterFiles(t, inHCL, inJSON)
	w = rig.StartWeir(t, webConfig(agent, heartbeats))
	addr = w.Address(t, "web")
	w.Eligible(t, 0, 2)
	checkShares(t, addr, map[string]int{"a": 2, "b": 1})
}
