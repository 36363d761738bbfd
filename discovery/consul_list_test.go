package discovery

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/hashicorp/consul/api"
)

// mappedByAPI is the entry of what the api's own type says, by its own words where it has any.
func mappedByAPI(from *api.ServiceEntry, wan bool) entry {
	var e entry
	if from == nil {
		from = &api.ServiceEntry{}
	}
	if n := from.Node; n != nil {
		e.Node, e.nodeAddress, e.Datacenter = n.Node, n.Address, n.Datacenter
	}
	if s := from.Service; s != nil {
		e.Service, e.name, e.kind, e.address, e.Namespace, e.Partition = s.ID, s.Service, string(s.Kind), s.Address, s.Namespace, s.Partition
		e.port, e.passing, e.warning = s.Port, s.Weights.Passing, s.Weights.Warning
		e.tags = append(e.tags, s.Tags...)
	}
	if wan {
		if n := from.Node; n != nil && n.TaggedAddresses["wan"] != "" {
			e.nodeAddress = n.TaggedAddresses["wan"]
		}
		if s := from.Service; s != nil && s.TaggedAddresses["wan"].Address != "" {
			e.address = s.TaggedAddresses["wan"].Address
			if port := s.TaggedAddresses["wan"].Port; port != 0 {
				e.port = port
			}
		}
	}
	statuses := map[string]Status{
		api.HealthMaint: Maintenance, api.HealthCritical: Critical, "": Unknown, api.HealthWarning: Warning, api.HealthPassing: Passing,
	}
	known := slices.DeleteFunc(slices.Clone(from.Checks), func(c *api.HealthCheck) bool { return statuses[c.Status] == Unknown && !maintenance(c) })
	e.status = statuses[known.AggregatedStatus()]
	if len(known) < len(from.Checks) && e.status < Critical { // which the api would say whatever the others are
		e.status = Unknown
	}
	return e
}

func maintenance(c *api.HealthCheck) bool {
	return c.CheckID == api.NodeMaint || strings.HasPrefix(c.CheckID, api.ServiceMaintPrefix)
}

// someEntries is a list such as Consul may send, and worse.
func someEntries(rng *rand.Rand) []*api.ServiceEntry {
	texts := []string{"", "a", "web-1", "node.example", "10.0.0.1", "2001:db8::1", "\"q\\uo\"", "ü€😀", "bad\xff", "<&>\u2028", "line\nbreak\x01", strings.Repeat("long ", 40)}
	text := func() string { return texts[rng.IntN(len(texts))] }
	number := func() int { return []int{0, 1, 80, 65_535, 70_000, -1, 1 << 40}[rng.IntN(7)] }
	list := []*api.ServiceEntry{}
	for range rng.IntN(8) {
		e := &api.ServiceEntry{}
		if rng.IntN(10) > 0 {
			e.Node = &api.Node{
				ID: text(), Node: text(), Address: text(), Datacenter: text(),
				Meta: map[string]string{text(): text(), "Node": "x"}, TaggedAddresses: map[string]string{"lan": text(), text(): text()},
			}
			if rng.IntN(2) == 0 {
				e.Node.TaggedAddresses["wan"] = text()
			}
		}
		if rng.IntN(10) > 0 {
			e.Service = &api.AgentService{
				Kind: api.ServiceKind(text()), ID: text(), Service: text(), Address: text(), Namespace: text(), Partition: text(), Port: number(),
				Meta: map[string]string{"Port": text()}, Weights: api.AgentWeights{Passing: number(), Warning: number()},
				Proxy: &api.AgentServiceConnectProxyConfig{Config: map[string]any{"Tags": []any{1, nil, 2.5, map[string]any{"a": text()}}}},
			}
			for range rng.IntN(3) {
				tagged := map[string]api.ServiceAddress{[]string{"lan", "wan", "wan_ipv4", "virtual"}[rng.IntN(4)]: {Address: text(), Port: number()}}
				maps.Copy(tagged, e.Service.TaggedAddresses)
				e.Service.TaggedAddresses = tagged
			}
			for range rng.IntN(4) {
				e.Service.Tags = append(e.Service.Tags, text())
			}
		}
		for range rng.IntN(4) {
			c := &api.HealthCheck{CheckID: text(), Status: []string{"passing", "warning", "critical", "odd", ""}[rng.IntN(5)], Output: text()}
			if k := rng.IntN(12); k < 2 {
				c.CheckID = []string{api.NodeMaint, api.ServiceMaintPrefix + text()}[k]
				c.Status = api.HealthCritical
			}
			e.Checks = append(e.Checks, c)
		}
		list = append(list, e)
	}
	return list
}

// written is the list as text, in one of the ways to write it.
func written(t *testing.T, rng *rand.Rand, list []*api.ServiceEntry) []byte {
	t.Helper()
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(rng.IntN(2) == 0)
	enc.SetIndent("", strings.Repeat(" ", rng.IntN(3)))
	if err := enc.Encode(list); err != nil {
		t.Fatal(err)
	}
	return text.Bytes()
}

func checkDecode(t *testing.T, rng *rand.Rand) {
	t.Helper()
	l := lists{wan: rng.IntN(2) == 0}
	list := someEntries(rng)
	for range 4 { // each answer has something in common with the last
		text := written(t, rng, list)
		var full []*api.ServiceEntry
		if err := json.Unmarshal(text, &full); err != nil {
			t.Fatal(err)
		}
		want := []entry{}
		for _, e := range full {
			want = append(want, mappedByAPI(e, l.wan))
		}
		var body io.Reader = bytes.NewReader(text)
		if rng.IntN(2) == 0 {
			body = iotest.OneByteReader(body)
		}
		got, err := l.decode(body)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if !sameEntries(got, want) {
			t.Fatalf("%s, after %+v:\n got %+v\nwant %+v", text, l.spare, got, want)
		}
		switch more := someEntries(rng); rng.IntN(4) {
		case 0:
			list = more
		case 1:
			list = append(more, list...)
		case 2:
			list = list[rng.IntN(len(list)+1):]
		}
	}
}

// sameEntries takes no tags for no tags.
func sameEntries(a, b []entry) bool {
	for _, list := range [][]entry{a, b} {
		for i := range list {
			if len(list[i].tags) == 0 {
				list[i].tags = nil
			}
		}
	}
	return reflect.DeepEqual(a, b)
}

// What is decoded here is what the api's own types decode.
func TestDecodeAsTheAPI(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 2))
	for range 500 {
		checkDecode(t, rng)
	}
}

func FuzzDecodeAsTheAPI(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Fuzz(func(t *testing.T, a, b uint64) { checkDecode(t, rand.New(rand.NewPCG(a, b))) })
}

// Whatever is accepted here, encoding/json accepts; and the other way round but for what
// it fails to notice: names in another case, and wrong kinds where it has none.
func FuzzDecodeAsStrictly(f *testing.F) {
	f.Add([]byte(`[{"Node":{"Node":"a"},"Service":{"Port":80,"Tags":["x"]},"Checks":[{"CheckID":"a","Status":"passing"}]}]`))
	f.Add([]byte(`[null,{"Node":null,"Service":{"Tags":null,"Weights":null},"Checks":[null,{"Status":null}]}] trailing`))
	f.Add([]byte(`[{"Service":{"Port":"80"}}]`))
	f.Add([]byte(`[{"Service":[]}]`))
	f.Add([]byte("null"))
	f.Add([]byte(`[{"Node":{"TaggedAddresses":{"wan":"a"}},"Service":{"TaggedAddresses":{"lan":1,"wan":{"Address":"b","Port":2}}}}]`))
	f.Add([]byte(`[{"Node":{"TaggedAddresses":null},"Service":{"TaggedAddresses":{"wan":{"Port":"2"}}}}]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := decodeList(bytes.NewReader(text), true, nil, nil)
		var want []struct {
			Node struct {
				Node, Address, Datacenter string
				TaggedAddresses           struct {
					WAN string `json:"wan"`
				}
			}
			Service struct {
				TaggedAddresses struct {
					WAN struct {
						Address string
						Port    int
					} `json:"wan"`
				}
				Kind, ID, Address, Namespace, Partition string
				Tags                                    []string
				Port                                    int
				Weights                                 struct{ Passing, Warning int }
			}
			Checks []struct{ CheckID, Status string }
		}
		dec := json.NewDecoder(bytes.NewReader(text))
		wantErr := dec.Decode(&want)
		if err == nil && wantErr != nil && !otherCase(text) {
			t.Errorf("%q: got %d entries, want %v", text, len(list), wantErr)
		}
		if err != nil && wantErr == nil {
			t.Errorf("%q: got %v, want %d entries", text, err, len(want))
		}
		if err == nil && wantErr == nil && (len(list) != len(want) || (list == nil) != (want == nil)) {
			t.Errorf("%q: got %d entries, want %d", text, len(list), len(want))
		}
		local, localErr := decodeList(bytes.NewReader(text), false, nil, nil)
		if err == nil && (localErr != nil || len(local) != len(list)) {
			t.Errorf("%q, of the own datacenter: got %d entries, %v, want %d", text, len(local), localErr, len(list))
		}
	})
}

// otherCase reports whether a name may be one of ours in another case.
func otherCase(text []byte) bool {
	for _, name := range []string{"Node", "Address", "Datacenter", "Service", "Kind", "ID", "Namespace", "Partition", "Tags", "Port", "Weights", "Passing", "Warning", "Checks", "CheckID", "Status", "TaggedAddresses", "wan"} {
		if bytes.Count(bytes.ToLower(text), []byte(strings.ToLower(name))) != bytes.Count(text, []byte(name)) {
			return true
		}
	}
	return bytes.ContainsRune(text, '\\') || bytes.ContainsAny(text, "ſK") // which fold to s and k
}

// A list that ends too soon is never taken for a shorter one.
func TestDecodeCut(t *testing.T) {
	text := []byte("[" + entryOne + "," + entryTwo + "]\n")
	for n := range len(text) - 1 {
		if list, err := decodeList(bytes.NewReader(text[:n]), false, nil, nil); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%d bytes of %d: got %d entries, %v, want %v", n, len(text), len(list), err, io.ErrUnexpectedEOF)
		}
	}
	broken := errors.New("reset by peer")
	for n := range len(text) - 2 {
		body := io.MultiReader(bytes.NewReader(text[:n]), iotest.ErrReader(broken))
		if list, err := decodeList(body, false, nil, nil); !errors.Is(err, broken) {
			t.Errorf("%d bytes, then an error: got %d entries, %v, want %v", n, len(list), err, broken)
		}
	}
}

// Entries larger than the window, and thousands.
func TestDecodeLarge(t *testing.T) {
	var all []string
	for i := range 3_000 {
		output := ""
		if i%1_000 == 500 {
			output = strings.Repeat("no\\n", 3*window)
		}
		all = append(all, fmt.Sprintf(`{"Service":{"ID":"%d","Port":%d},"Checks":[{"Status":"passing","Output":"%s"}]}`, i, i, output))
	}
	text := "[" + strings.Join(all, ",") + "]"
	list, err := decodeList(strings.NewReader(text), false, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range list {
		if e.port != i || e.Service != fmt.Sprint(i) {
			t.Fatalf("entry %d: got %+v", i, e)
		}
	}
	if len(list) != len(all) {
		t.Errorf("got %d entries, want %d", len(list), len(all))
	}
}

// Of an answer like the last one only the list itself, and what it is read with, is new memory.
func TestDecodeShares(t *testing.T) {
	var all []string
	for i := range 1_000 {
		all = append(all, fmt.Sprintf(`{"Node":{"Node":"n%d","Address":"10.0.0.%d"},"Service":{"ID":"web-%d","Tags":["a","%d"],"Port":80}}`, i, i%250, i, i))
	}
	text := func() io.Reader { return strings.NewReader("[" + strings.Join(all, ",") + "]") }
	known, err := decodeList(text(), false, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	count := func() float64 {
		return testing.AllocsPerRun(10, func() {
			if _, err := decodeList(text(), false, known, nil); err != nil {
				t.Error(err)
			}
		})
	}
	same := count()
	all = append(all[:300:300], all[305:]...) // some leave
	left := count()
	all = append([]string{`{"Service":{"ID":"new"}}`}, all...)
	came := count()
	t.Logf("allocations: %v for the same, %v after some left, %v after one came", same, left, came)
	if base := 50.0; same > base || left > base+20 || came > base+40 {
		t.Errorf("got %v, %v and %v allocations for 1,000 instances", same, left, came)
	}
}
