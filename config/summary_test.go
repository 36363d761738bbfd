package config

import (
	"net/netip"
	"testing"
)

func TestSummary(t *testing.T) {
	for path, want := range map[string]string{
		"testdata/valid/smallest.hcl":   "1 listener, 1 service from Consul at 127.0.0.1:8500: [::]:8080 -> web",
		"testdata/valid/everything.hcl": "7 listeners, 2 services from Consul at https://consul.example.com:8501/prefix: 0.0.0.0:8080 -> web, [::1]:9090 -> web, 127.0.0.1:5432 -> db, and 4 more",
		"testdata/merged":               "2 listeners, 2 services from files in testdata/services.d: 127.0.0.1:8081 -> api, 127.0.0.1:8080 -> web",
	} {
		if got := valid(t, path, noEnv).Summary(); got != want {
			t.Errorf("%s:\n got %s\nwant %s", path, got, want)
		}
	}
}

// TestSummaryOfThree shows that nothing is cut that would fit.
func TestSummaryOfThree(t *testing.T) {
	conf := &Config{Consul: &Consul{Address: "http://a:1"}, Services: []Service{{Name: "s"}}}
	for i := range 3 {
		conf.Listeners = append(conf.Listeners, Listener{Bind: Bind{AddrPort: netip.AddrPortFrom(netip.MustParseAddr("10.0.0.1"), uint16(80+i))}, Service: "s"})
	}
	want := "3 listeners, 1 service from Consul at a:1: 10.0.0.1:80 -> s, 10.0.0.1:81 -> s, 10.0.0.1:82 -> s"
	if got := conf.Summary(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
