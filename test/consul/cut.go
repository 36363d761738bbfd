package consul

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/consul/api"
)

// Cut drops every packet to and from the agent's HTTP and HTTPS ports, so that nobody is told: what
// is open stays open and silent, what is dialled hangs. API and all that uses it hang too. It needs
// root and nft: see CanCut.
func (a *Agent) Cut(t testing.TB) {
	t.Helper()
	a.cut(t, "http", a.fromHTTP("drop")...)
}

// CutServers drops every packet between a client agent and the rest of its cluster: gossip and calls
// to servers. Its HTTP ports go on answering. It needs what Cut needs.
//
// Gossip over TCP comes from 127.0.0.1 whatever agent it is of, so it stops between all agents of
// the cluster. Those that are members do without; none can join.
func (a *Agent) CutServers(t testing.TB) {
	t.Helper()
	if a.cluster == nil {
		t.Fatalf("cut consul %s from its servers: it has none", a.Name)
	}
	gossip := addresses(a.cluster.all(), func(a *Agent) string { return fmt.Sprintf("%s . %d", a.ip, a.ports.SerfLAN) })
	a.cut(t, "servers", append(a.fromHTTP("accept"),
		fmt.Sprintf("ip daddr %s drop", a.ip),
		fmt.Sprintf("ip saddr %s drop", a.ip),
		fmt.Sprintf("ip saddr 127.0.0.1 ip daddr . tcp dport { %s } drop", strings.Join(gossip, ", ")),
	)...)
	a.lost = true
}

// Mend lets all packets pass again, and lets an agent that was cut from its servers join them at
// once: by itself it looks for them only twice a minute. The packets pass at the end of the test too.
func (a *Agent) Mend(t testing.TB) {
	t.Helper()
	a.uncut(t)
	if !a.lost || !a.process.alive() {
		return
	}
	a.lost = false
	servers := slices.DeleteFunc(slices.Clone(a.cluster.Servers), func(s *Agent) bool { return !s.process.alive() })
	if len(servers) == 0 {
		return // those that start will look for it
	}
	next := 0
	a.Await(t, "way back to its servers", func(ctx context.Context) error {
		server := servers[next%len(servers)] // one may be frozen
		next++
		_, err := a.api.Raw().Write("/v1/agent/join/"+server.gossipLAN(), nil, nil, (&api.WriteOptions{}).WithContext(ctx))
		return err
	})
}

func (a *Agent) uncut(t testing.TB) {
	t.Helper()
	if err := removeTable(a.table()); err != nil {
		t.Errorf("mend consul %s: %v", a.Name, err)
	}
}

// fromHTTP does something with all packets to and from the HTTP ports.
func (a *Agent) fromHTTP(verdict string) []string {
	ports := fmt.Sprintf("{ %d, %d }", a.ports.HTTP, a.ports.HTTPS)
	return []string{
		fmt.Sprintf("ip daddr %s tcp dport %s %s", a.ip, ports, verdict),
		fmt.Sprintf("ip saddr %s tcp sport %s %s", a.ip, ports, verdict),
	}
}

func (a *Agent) cut(t testing.TB, chain string, rules ...string) {
	t.Helper()
	if err := CanCut(); err != nil {
		t.Fatalf("cut consul %s: %v", a.Name, err)
	}
	t.Cleanup(func() { a.uncut(t) })
	if err := addChain(a.table(), chain, rules...); err != nil {
		t.Fatalf("cut consul %s: %v", a.Name, err)
	}
}

// table is the agent's own: its address is.
func (a *Agent) table() string { return tableName(os.Getpid(), fmt.Sprintf("%x", a.ip.As4())) }
