package discovery

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"
	"github.com/hashicorp/go-hclog"
)

// mapped is what a watch without a past makes of a list of entries.
func mapped(t *testing.T, q Query, known *Set, log hclog.Logger, entries ...string) *Set {
	t.Helper()
	w := testWatch(q, log)
	if known != nil {
		w.feed.Publish(known)
	}
	list, err := decodeList(strings.NewReader("["+strings.Join(entries, ",")+"]"), false, nil, nil)
	if err != nil {
		t.Fatalf("entries: %v", err)
	}
	return w.set(answer{entries: list})
}

func testWatch(q Query, log hclog.Logger) *watch { return newWatch(offline(log), q, NewFeed()) }

// checks writes "node=passing service=warning": IDs and statuses.
func checks(s string) string {
	var all []string
	for _, c := range strings.Fields(s) {
		id, status, _ := strings.Cut(c, "=")
		all = append(all, fmt.Sprintf(`{"CheckID":%q,"Status":%q,"Output":"x"}`, id, status))
	}
	return "[" + strings.Join(all, ",") + "]"
}

func TestEntryStatus(t *testing.T) {
	was := map[string]Status{"": 0, "passing": Passing, "warning": Warning, "critical": Critical}
	tests := []struct {
		checks, known string
		want          Status
		weight        int
	}{
		{"", "", Passing, 5},
		{"serfHealth=passing", "", Passing, 5},
		{"serfHealth=passing service:a=passing", "", Passing, 5},
		{"serfHealth=passing service:a=warning", "", Warning, 2},
		{"serfHealth=warning service:a=passing", "", Warning, 2},
		{"serfHealth=critical service:a=passing", "", Critical, 0},
		{"serfHealth=passing service:a=warning service:b=critical", "", Critical, 0},
		{"service:b=critical service:a=warning serfHealth=passing", "", Critical, 0},
		{"serfHealth=passing _node_maintenance=critical service:a=passing", "", Maintenance, 0},
		{"serfHealth=passing _service_maintenance:a=critical service:a=passing", "", Maintenance, 0},
		{"service:a=critical _service_maintenance:a=critical", "", Maintenance, 0},
		{"service:a=strange _node_maintenance=critical", "passing", Maintenance, 0},
		{"_node_maintenances=passing", "", Passing, 5}, // a check of another name

		// A status of no known name: what was known stays, unless another check is worse.
		{"service:a=strange", "", Unknown, 0},
		{"service:a=strange", "passing", Passing, 5},
		{"service:a=", "warning", Warning, 2},
		{"service:a=PASSING", "critical", Critical, 0},
		{"serfHealth=passing service:a=strange", "passing", Passing, 5},
		{"serfHealth=critical service:a=strange", "passing", Critical, 0},
		{"service:a=strange serfHealth=critical", "passing", Critical, 0},
	}
	for _, test := range tests {
		t.Run(test.checks+" after "+test.known, func(t *testing.T) {
			e := `{"Node":{"Node":"n1","Address":"10.0.0.9"},"Service":{"ID":"a","Port":80,"Weights":{"Passing":5,"Warning":2}},"Checks":` + checks(test.checks) + `}`
			var known *Set
			if test.known != "" {
				known = NewSet([]Instance{{Identity: Identity{Node: "n1", Service: "a"}, Status: was[test.known]}}, time.Time{})
			}
			s := mapped(t, Query{}, known, hclog.NewNullLogger(), e)
			if len(s.Instances) != 1 {
				t.Fatalf("got %d instances, want 1", len(s.Instances))
			}
			if i := s.Instances[0]; i.Status != test.want || i.Weight() != test.weight {
				t.Errorf("got %v, weight %d, want %v, %d", i.Status, i.Weight(), test.want, test.weight)
			}
		})
	}
}

func TestEntryInstance(t *testing.T) {
	id := Identity{Datacenter: "dc7", Partition: "east", Namespace: "shop", Node: "n1", Service: "web-1"}
	entry := func(address, port, weights string) string {
		return fmt.Sprintf(`{"Node":{"ID":"b1c2","Node":"n1","Address":"10.0.0.9","Datacenter":"dc7","TaggedAddresses":{"wan":"1.2.3.4"}},
			"Service":{"ID":"web-1","Service":"web","Partition":"east","Namespace":"shop","Address":%q,"Port":%s%s},"Checks":[]}`, address, port, weights)
	}
	tests := map[string]struct {
		entry string
		want  Instance
	}{
		"the service's own address":       {entry("10.0.0.1", "80", `,"Weights":{"Passing":5,"Warning":2}`), Instance{id, "10.0.0.1", 80, 5, 2, Passing, false}},
		"else the node's":                 {entry("", "80", `,"Weights":{"Passing":5,"Warning":2}`), Instance{id, "10.0.0.9", 80, 5, 2, Passing, false}},
		"IPv6":                            {entry("2001:db8::7", "65535", `,"Weights":{"Passing":5,"Warning":2}`), Instance{id, "2001:db8::7", 65535, 5, 2, Passing, false}},
		"a host name":                     {entry("db.example.net", "80", `,"Weights":{"Passing":5,"Warning":2}`), Instance{id, "db.example.net", 80, 5, 2, Passing, false}},
		"weight 0 in warning":             {entry("10.0.0.1", "80", `,"Weights":{"Passing":5,"Warning":0}`), Instance{id, "10.0.0.1", 80, 5, 0, Passing, false}},
		"weight 0 in passing":             {entry("10.0.0.1", "80", `,"Weights":{"Passing":0,"Warning":3}`), Instance{id, "10.0.0.1", 80, 0, 3, Passing, false}},
		"no weights, from an old agent":   {entry("10.0.0.1", "80", ``), Instance{id, "10.0.0.1", 80, 1, 1, Passing, false}},
		"null weights":                    {entry("10.0.0.1", "80", `,"Weights":null`), Instance{id, "10.0.0.1", 80, 1, 1, Passing, false}},
		"weights outside Consul's bounds": {entry("10.0.0.1", "80", `,"Weights":{"Passing":9000000000,"Warning":-3}`), Instance{id, "10.0.0.1", 80, math.MaxUint16, 1, Passing, false}},
		"a virtual kind of no name":       {entry("10.0.0.1", "80", `,"Kind":"","Weights":{"Passing":7,"Warning":1}`), Instance{id, "10.0.0.1", 80, 7, 1, Passing, false}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := mapped(t, Query{}, nil, hclog.NewNullLogger(), test.entry)
			if len(s.Instances) != 1 || s.Instances[0] != test.want {
				t.Errorf("got %s, want %s", show(s), show(&Set{Instances: []Instance{test.want}}))
			}
		})
	}
}

// Our slim entry must read what Consul's own type writes.
func TestEntryOfAPIType(t *testing.T) {
	b, err := json.Marshal([]*api.ServiceEntry{{
		Node: &api.Node{Node: "n1", Address: "10.0.0.9", Datacenter: "dc7", Partition: "other"},
		Service: &api.AgentService{
			ID: "web-1", Service: "web", Address: "10.0.0.1", Port: 80, Tags: []string{"v2", "blue"},
			Weights: api.AgentWeights{Passing: 5, Warning: 2}, Namespace: "shop", Partition: "east",
		},
		Checks: api.HealthChecks{{CheckID: "service:web-1", Status: api.HealthWarning, Output: "slow"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	list, err := decodeList(bytes.NewReader(b), false, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := testWatch(Query{Tags: []string{"blue"}}, hclog.NewNullLogger()).set(answer{entries: list})
	want := Instance{Identity{"dc7", "east", "shop", "n1", "web-1"}, "10.0.0.1", 80, 5, 2, Warning, false}
	if !slices.Equal(s.Instances, []Instance{want}) {
		t.Errorf("got %s, want %s", show(s), show(&Set{Instances: []Instance{want}}))
	}
}

// What can't be balanced is left out, with one warning until it is gone or the
// reason is another; the others stay.
func TestEntriesLeftOut(t *testing.T) {
	log := &logs{}
	w := testWatch(Query{}, log.logger())
	of := func(id, kind, nodeAddress string, port int) entry {
		var e entry
		e.Node, e.nodeAddress = "n1", nodeAddress
		e.Service, e.kind, e.port, e.status = id, kind, port, Passing
		return e
	}
	good, proxy := of("a", "", "10.0.0.9", 80), of("b", "connect-proxy", "10.0.0.9", 81)
	steps := []struct {
		entries []entry
		warns   string // the reason of the one new warning
	}{
		{[]entry{good, proxy}, "instance=n1/b reason=\"it is a connect-proxy, not a plain service\""},
		{[]entry{good, proxy}, ""},
		{[]entry{good, proxy, of("c", "", "10.0.0.9", 0)}, "instance=n1/c reason=\"it has no port\""},
		{[]entry{good, of("b", "", "10.0.0.9", 0), of("c", "", "10.0.0.9", 0)}, "instance=n1/b reason=\"it has no port\""},
		{[]entry{good, of("d", "", "10.0.0.9", 65536)}, "instance=n1/d reason=\"its port 65536 is none\""},
		{[]entry{good, of("d", "", "10.0.0.9", -1)}, "instance=n1/d reason=\"its port -1 is none\""},
		{[]entry{good, of("d", "", "", 80)}, "instance=n1/d reason=\"it has no address\""},
		{[]entry{good, of("d", "", "::", 80)}, `reason="its address \"::\" can't be connected to"`}, // it would reach this host
		{[]entry{good, of("d", "", "10.0.0.9:81", 80)}, `reason="its address \"10.0.0.9:81\" has a port`},
		{[]entry{good}, ""},
		{[]entry{good, proxy}, "instance=n1/b reason=\"it is a connect-proxy, not a plain service\""},
	}
	for n, step := range steps {
		before := len(log.String())
		if got := show(w.set(answer{entries: step.entries})); got != "a 10.0.0.9:80 passing 1/1" {
			t.Errorf("step %d: got %s, want a alone", n, got)
		}
		lines := slices.Collect(strings.Lines(log.String()[before:]))
		switch {
		case step.warns == "" && len(lines) != 0:
			t.Errorf("step %d: got %q, want no warning", n, lines)
		case step.warns != "" && (len(lines) != 1 || !strings.Contains(lines[0], step.warns)):
			t.Errorf("step %d: got %q, want one line with %q", n, lines, step.warns)
		}
	}
	if len(w.skipped) != 1 {
		t.Errorf("remembered: got %d, want 1: services whose IDs change would add up", len(w.skipped))
	}
}

// What was good is looked at again when anything is new, however little.
func TestKnownEntryTurnsBad(t *testing.T) {
	var good entry
	good.Node, good.Service, good.address, good.port, good.status = "n1", "a", "10.0.0.1", 80, Passing
	for name, turn := range map[string]func(*entry){
		"kind":    func(e *entry) { e.kind = "mesh-gateway" },
		"port":    func(e *entry) { e.port = 0 },
		"address": func(e *entry) { e.address = "::" },
	} {
		w := testWatch(Query{}, hclog.NewNullLogger())
		w.feed.Publish(w.set(answer{entries: []entry{good}}))
		bad := good
		turn(&bad)
		for n, want := range map[*entry]int{&good: 1, &bad: 0} {
			if got := len(w.set(answer{entries: []entry{*n}}).Instances); got != want {
				t.Errorf("%s: got %d instances, want %d", name, got, want)
			}
		}
	}
}

func TestTagsApplyHere(t *testing.T) {
	entry := func(id, tags string) string {
		return fmt.Sprintf(`{"Node":{"Node":"n1","Address":"10.0.0.9"},"Service":{"ID":%q,"Port":80,"Tags":%s}}`, id, tags)
	}
	all := []string{entry("a", `["blue","v2"]`), entry("b", `["BLUE"]`), entry("c", `[]`), entry("d", `null`), entry("e", `["v2","Blue"]`)}
	tests := map[string]string{"": "abcde", "blue": "abe", "Blue v2": "ae", "v2": "ae", "green": "", "v2 green": ""}
	for tags, want := range tests {
		got := ""
		for _, i := range mapped(t, Query{Tags: strings.Fields(tags)}, nil, hclog.NewNullLogger(), all...).Instances {
			got += i.Service
		}
		if got != want {
			t.Errorf("with tags %q: got %q, want %q", tags, got, want)
		}
	}
}

// Whatever a body holds, mapping it doesn't panic, and the set keeps its promises.
func FuzzEntries(f *testing.F) {
	f.Add([]byte("[" + entryOne + "," + entryTwo + "," + entryOne + "]"))
	f.Add([]byte(`[null,{},{"Service":null,"Checks":[null,{"Status":"passing"}]}]`))
	f.Add([]byte(`[{"Node":{"Address":"::1"},"Service":{"Port":1,"Weights":{"Passing":-1,"Warning":99999999}},"Checks":[{"CheckID":"_node_maintenance"}]}]`))
	f.Add([]byte(`{"a":1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := decodeList(bytes.NewReader(text), false, nil, nil)
		if err != nil {
			return
		}
		a := answer{entries: list}
		w := testWatch(Query{}, hclog.NewNullLogger())
		s := w.set(a)
		if len(s.Instances)+len(w.skipped) > len(a.entries) {
			t.Errorf("got %d instances and %d left out of %d entries", len(s.Instances), len(w.skipped), len(a.entries))
		}
		for n, i := range s.Instances {
			if n > 0 && s.Instances[n-1].compare(&i.Identity) >= 0 {
				t.Errorf("instances %d and %d: not sorted and unique", n-1, n)
			}
			if i.Host == "" || i.Port < 1 || i.Port > 65535 || min(i.Passing, i.Warning) < 0 || max(i.Passing, i.Warning) > math.MaxUint16 {
				t.Errorf("got %s, want a host, a port and weights within bounds", show(&Set{Instances: []Instance{i}}))
			}
			if got, ok := s.find(i.Identity); !ok || got != i {
				t.Errorf("find %v: got %v, %v", i.Identity, got, ok)
			}
			_ = i.Status.String()
		}
		if again := w.set(a); !again.Equal(s) {
			t.Error("the same answer again: got another set")
		}
	})
}
