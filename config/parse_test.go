package config

import (
	"net/netip"
	"strings"
	"testing"
)

// TestParseAddress tells good addresses from bad; golden files hold the words.
func TestParseAddress(t *testing.T) {
	for value, want := range map[string]string{ // want empty: a complaint
		"127.0.0.1:8500":                  "http://127.0.0.1:8500",
		"[::1]:8500":                      "http://[::1]:8500",
		"consul:1":                        "http://consul:1",
		"http://consul":                   "http://consul",
		"https://consul/ui":               "https://consul/ui",
		"https://[fd00::1]:8501":          "https://[fd00::1]:8501",
		"unix:///run/a.sock":              "unix:///run/a.sock",
		"unix://a.sock":                   "",
		"unix:/run/a.sock":                "",
		"consul":                          "",
		"::1":                             "",
		"[::1]":                           "",
		"consul:0":                        "",
		"consul:65536":                    "",
		"consul:":                         "",
		":8500":                           "",
		"con sul:8500":                    "",
		"http://":                         "",
		"http://:8500":                    "",
		"http://consul:x":                 "",
		"http://consul:0":                 "",
		"https://consul/?dc=a":            "",
		"https://consul/#a":               "",
		"https://me@consul":               "",
		"HTTP://consul":                   "",
		"ftp://consul":                    "",
		"http://a b":                      "",
		"http://127.0.0.1:8500/%zz":       "",
		"consul.example.com/prefix":       "",
		"consul.example.com:8500?dc=east": "",
	} {
		got, complaint := parseAddress(value, false, false)
		if (complaint == "") != (want != "") {
			t.Errorf("%q: complaint %q, want one: %v", value, complaint, want == "")
		} else if want != "" && got != want {
			t.Errorf("%q is %q, want %q", value, got, want)
		}
	}
}

func TestParseBind(t *testing.T) {
	for value, want := range map[string]string{ // want empty: a complaint
		"0.0.0.0:8080":           "0.0.0.0:8080",
		":8080":                  "[::]:8080",
		"[::]:8080":              "[::]:8080",
		"[::1]:0":                "[::1]:0",
		"[::ffff:10.0.0.1]:8080": "10.0.0.1:8080",
		"[fe80::1%eth0]:8080":    "[fe80::1%eth0]:8080",
		"[fe80::1]:8080":         "",
		"[fd00::1%eth0]:8080":    "",
		"[::%eth0]:8080":         "",
		"[::ffff:10.0.0.1%a]:80": "",
		"169.254.0.1:80":         "169.254.0.1:80",
		"/run/web.sock":          "",
		"@web":                   "",
		"127.0.0.1:65535":        "127.0.0.1:65535",
		"":                       "",
		":":                      "",
		"127.0.0.1:":             "",
		"127.0.0.1:-1":           "",
		"127.0.0.1:80 ":          "",
		"[::1]":                  "",
		"[127.0.0.1:80":          "",
		"10.0.0.256:80":          "",
		"010.0.0.1:80":           "",
	} {
		got, complaint := parseBind(value)
		if (complaint == "") != (want != "") {
			t.Errorf("%q: complaint %q, want one: %v", value, complaint, want == "")
		} else if want != "" && got != netip.MustParseAddrPort(want) {
			t.Errorf("%q is %v, want %s", value, got, want)
		}
	}
}

func TestClash(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"127.0.0.1:80", "127.0.0.1:80", true},
		{"127.0.0.1:80", "127.0.0.1:81", false},
		{"127.0.0.1:80", "127.0.0.2:80", false},
		{"127.0.0.1:80", "[::1]:80", false},
		{"0.0.0.0:80", "127.0.0.1:80", true},
		{"0.0.0.0:80", "127.0.0.1:81", false},
		{"[::]:80", "127.0.0.1:80", true},
		{"[::]:80", "0.0.0.0:80", true},
		{"0.0.0.0:80", "[::1]:80", false},
		{"127.0.0.1:0", "127.0.0.1:0", false},
		{"[::]:0", "127.0.0.1:0", false},
		{"[fe80::1%a]:80", "[fe80::1%a]:80", true},
		{"[fe80::1%a]:80", "[fe80::1%b]:80", false},
		{"[::]:80", "[fe80::1%b]:80", true},
		{"/run/a", "/run/a", true},
		{"/run/a", "/run/b", false},
		{"/run/a", "[::]:80", false},
		{"", "", false}, // two that were found bad
		{"", "[::]:80", false},
		{"", "/run/a", false},
	} {
		var binds [2]Bind
		for i, s := range []string{test.a, test.b} {
			if strings.HasPrefix(s, "/") {
				binds[i].Path = s
			} else if s != "" {
				binds[i].AddrPort = netip.MustParseAddrPort(s)
			}
		}
		a, b := binds[0], binds[1]
		if clash(a, b) != test.want || clash(b, a) != test.want {
			t.Errorf("%v and %v: %v, other way %v; want %v", a, b, clash(a, b), clash(b, a), test.want)
		}
	}
}

func TestSuggest(t *testing.T) {
	words := []string{"weighted_round_robin", "http", "tcp", "warn", "Service"}
	for given, want := range map[string]string{
		"tpc":         "tcp",
		"HTTP":        "http",
		"https":       "http",
		"warning":     "warn",
		"weighted":    "weighted_round_robin",
		"service":     "Service",
		"x":           "",
		"":            "",
		"least_conns": "",
	} {
		if want != "" {
			want = ` Did you mean "` + want + `"?`
		}
		if got := suggest(given, words); got != want {
			t.Errorf("%q: %q, want %q", given, got, want)
		}
	}
}
