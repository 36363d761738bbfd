package discovery

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// An instance of another datacenter is reached at the first of its service's wan address, with
// its own port if it has one, its service's, its node's wan and its node's address.
func TestWANAddresses(t *testing.T) {
	const lan = `"lan":{"Address":"10.0.0.3","Port":3}`
	tests := map[string]struct {
		node, nodeTags, service, serviceTags string
		local, wan                           string // where it is reached
	}{
		"all":                           {"10.0.0.9", `"lan":"10.0.0.9","wan":"1.0.0.9"`, "10.0.0.1", lan + `,"wan":{"Address":"1.0.0.1","Port":8080}`, "10.0.0.1:80", "1.0.0.1:8080"},
		"a service's without a port":    {"10.0.0.9", `"wan":"1.0.0.9"`, "10.0.0.1", `"wan":{"Address":"1.0.0.1","Port":0}`, "10.0.0.1:80", "1.0.0.1:80"},
		"a service's port alone":        {"10.0.0.9", `"wan":"1.0.0.9"`, "10.0.0.1", `"wan":{"Address":"","Port":8080}`, "10.0.0.1:80", "10.0.0.1:80"},
		"a service's for itself":        {"10.0.0.9", ``, "", `"wan":{"Address":"1.0.0.1","Port":8080}`, "10.0.0.9:80", "1.0.0.1:8080"},
		"a node's, and a service's own": {"10.0.0.9", `"wan":"1.0.0.9"`, "10.0.0.1", lan, "10.0.0.1:80", "10.0.0.1:80"},
		"a node's":                      {"10.0.0.9", `"wan":"1.0.0.9","wan_ipv4":"1.0.0.8"`, "", lan, "10.0.0.9:80", "1.0.0.9:80"},
		"none":                          {"10.0.0.9", `"lan":"10.0.0.8"`, "", ``, "10.0.0.9:80", "10.0.0.9:80"},
	}
	for name, test := range tests {
		// Fields come in any order.
		for order, text := range []string{
			fmt.Sprintf(`[{"Node":{"Node":"n1","Address":%q,"TaggedAddresses":{%s}},"Service":{"ID":"a","Address":%q,"TaggedAddresses":{%s},"Port":80}}]`,
				test.node, test.nodeTags, test.service, test.serviceTags),
			fmt.Sprintf(`[{"Service":{"Port":80,"TaggedAddresses":{%[4]s},"Address":%[3]q,"ID":"a"},"Node":{"TaggedAddresses":{%[2]s},"Address":%[1]q,"Node":"n1"}}]`,
				test.node, test.nodeTags, test.service, test.serviceTags),
		} {
			t.Run(fmt.Sprint(name, " ", order), func(t *testing.T) {
				var l lists
				for range 2 { // the second time with a list to share memory with
					for wan, want := range map[bool]string{false: test.local, true: test.wan} {
						l.wan = wan
						list, err := l.decode(strings.NewReader(text))
						if err != nil || len(list) != 1 {
							t.Fatalf("got %d entries, %v", len(list), err)
						}
						if got := fmt.Sprintf("%s:%d", list[0].host(), list[0].port); got != want {
							t.Errorf("wan %v: got %s, want %s", wan, got, want)
						}
					}
				}
			})
		}
	}
}

// An agent that translates addresses has chosen the wan address itself, or that there is none.
func TestWANAddressesTranslatedByAgent(t *testing.T) {
	const text = `[{"Node":{"Address":"10.0.0.9"},"Service":{"Address":"10.0.0.1","TaggedAddresses":{"wan":{"Address":"1.0.0.1","Port":0}}}}]`
	for _, test := range []struct {
		wan    bool // another datacenter is asked
		header string
		want   string
	}{
		{true, "", "1.0.0.1"},
		{true, "false", "1.0.0.1"},
		{true, "true", "10.0.0.1"},
		{false, "", "10.0.0.1"},
	} {
		agent := inMemory{http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if test.header != "" {
				w.Header().Set("X-Consul-Translate-Addresses", test.header)
			}
			io.WriteString(w, text)
		})}
		into := &listing{lists: new(lists), wan: test.wan}
		r, err := http.NewRequestWithContext(withListing(t.Context(), into), http.MethodGet, "http://consul", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := listTransport{agent}.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(resp.Body); err != nil || len(into.entries) != 1 || into.entries[0].host() != test.want {
			t.Errorf("wan %v, header %q: got %+v, %v, want %s", test.wan, test.header, into.entries, err, test.want)
		}
	}
}

func TestWANAddressesForFailover(t *testing.T) {
	const text = `{"Node":{"Node":"n1","Address":"10.0.0.9"},"Service":{"ID":"a","Address":"10.0.0.1","Port":80,"TaggedAddresses":{"wan":{"Address":"1.0.0.1","Port":8080}}}}`
	for datacenter, want := range map[string]string{"": "10.0.0.1:80", "dc2": "1.0.0.1:8080"} {
		c, _ := memoryConsul(t, list(7, text))
		a, err := c.load(t.Context(), Query{Service: "web", Datacenter: datacenter}, new(lists), stale)
		if err != nil || len(a.entries) != 1 {
			t.Fatalf("datacenter %q: got %d entries, %v", datacenter, len(a.entries), err)
		}
		if got := fmt.Sprintf("%s:%d", a.entries[0].host(), a.entries[0].port); got != want {
			t.Errorf("datacenter %q: got %s, want %s", datacenter, got, want)
		}
	}
}
