package discovery

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"
	"github.com/hashicorp/go-hclog"
)

const benchSize = 5_000

// fullEntries is the list of n instances as an agent writes it, with all that
// weir doesn't look at.
func fullEntries(b *testing.B, n int) []byte {
	b.Helper()
	var list []*api.ServiceEntry
	for i := range n {
		node, id := fmt.Sprintf("node-%d", i/4), fmt.Sprintf("web-%d", i*7919%n)
		list = append(list, &api.ServiceEntry{
			Node: &api.Node{
				ID: "4dc79831-da35-d6c4-521a-36c692351a75", Node: node, Address: "10.1.2.3", Datacenter: "dc1",
				TaggedAddresses: map[string]string{"lan": "10.1.2.3", "lan_ipv4": "10.1.2.3", "wan": "10.1.2.3", "wan_ipv4": "10.1.2.3"},
				Meta:            map[string]string{"consul-network-segment": "", "consul-version": "1.21.0"},
			},
			Service: &api.AgentService{
				ID: id, Service: "web", Address: "10.1.2.3", Port: 20000 + i%1000, Tags: []string{"v2", "blue"},
				Meta:    map[string]string{"version": "2.7.1", "zone": "a"},
				Weights: api.AgentWeights{Passing: 10, Warning: 1},
			},
			Checks: api.HealthChecks{
				{Node: node, CheckID: "serfHealth", Name: "Serf Health Status", Status: "passing", Output: "Agent alive and reachable"},
				{
					Node: node, CheckID: "service:" + id, Name: "Service 'web' check", Status: "passing", ServiceID: id, ServiceName: "web",
					Output: "HTTP GET http://10.1.2.3:20000/health: 200 OK Output: up", Type: "http",
				},
			},
		})
	}
	text, err := json.Marshal(list)
	if err != nil {
		b.Fatal(err)
	}
	return text
}

// The answer's decoding, which the agent's own size of it dominates.
func BenchmarkDecode(b *testing.B) {
	text := fullEntries(b, benchSize)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		var entries []entry
		if err := json.NewDecoder(bytes.NewReader(text)).Decode(&entries); err != nil {
			b.Fatal(err)
		}
	}
}

// From the decoded answer to the published set, one instance of all changed.
func BenchmarkApply(b *testing.B) {
	var a answer
	if err := json.Unmarshal(fullEntries(b, benchSize), &a.entries); err != nil {
		b.Fatal(err)
	}
	w := testWatch(Query{Service: "web"}, hclog.NewNullLogger())
	b.ReportAllocs()
	for b.Loop() {
		a.index++
		a.decoded = time.Time{}
		a.entries[benchSize/2].Service.Weights.Passing = 1 + int(a.index%9)
		if err := w.apply(context.Background(), a); err != nil {
			b.Fatal(err)
		}
		select {
		case <-w.feed.Changed():
		default:
			b.Fatal("nothing published")
		}
	}
}
