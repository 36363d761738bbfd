package discovery

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// agentless clears the variables that the api reads of itself.
func agentless(t *testing.T) {
	t.Helper()
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "CONSUL_") {
			t.Setenv(name, "")
		}
	}
}

// dial makes a catalog of those options and a log.
func dial(t *testing.T, o ConsulOptions) (*Consul, *logs) {
	t.Helper()
	agentless(t)
	log := &logs{}
	c, err := NewConsul(o, log.logger())
	if err != nil {
		t.Fatalf("NewConsul: %v", err)
	}
	return c, log
}

// serve starts the script on a loopback port and returns its address.
func (s *script) serve() string {
	srv := httptest.NewServer(s)
	s.t.Cleanup(srv.Close)
	return srv.Listener.Addr().String()
}

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// What the configuration says goes with each request, be it at once, a poll or
// to the leader.
func TestQueryParameters(t *testing.T) {
	const filter = `Service.Meta.zone == "a b" and not "old" in Service.Tags`
	tests := map[string]struct {
		options ConsulOptions
		query   Query
		path    string // of the request
		adds    string // to its query
		token   string
	}{
		"nothing":              {ConsulOptions{}, Query{Service: "web"}, "web", "", ""},
		"a token":              {ConsulOptions{Token: "t0"}, Query{Service: "web"}, "web", "", "t0"},
		"a token file":         {ConsulOptions{Token: "t0", TokenFile: write(t, "token", " t1\n")}, Query{Service: "web"}, "web", "", "t1"},
		"a datacenter":         {ConsulOptions{Datacenter: "dc7"}, Query{Service: "web"}, "web", "dc=dc7", ""},
		"namespace, partition": {ConsulOptions{Namespace: "shop", Partition: "east"}, Query{Service: "web"}, "web", "ns=shop&partition=east", ""},
		"a filter":             {ConsulOptions{}, Query{Service: "web", Filter: filter}, "web", "filter=" + url.QueryEscape(filter), ""},
		"tags, which stay":     {ConsulOptions{}, Query{Service: "web", Tags: []string{"blue"}}, "web", "", ""},
		"an odd name":          {ConsulOptions{}, Query{Service: "a b?c/ü#%41"}, "a%20b%3Fc/%C3%BC%23%2541", "", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			want := func(mode string) string {
				q, err := url.ParseQuery(test.adds + "&" + mode)
				if err != nil {
					t.Fatal(err)
				}
				return "/v1/health/service/" + test.path + "?" + q.Encode()
			}
			s := newScript(t,
				step{want("stale"), "never", list(70, entryOne, entryTwo)},
				step{want("index=70&stale&wait=60s"), one + ", " + two, list(1)},
				step{want("stale"), one + ", " + two, list(60, entryOne)},
				step{want("consistent"), one + ", " + two, list(60, entryOne)},
				step{want("index=60&stale&wait=60s"), one, nil},
			)
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if got := r.Header.Get("X-Consul-Token"); got != test.token {
					t.Errorf("token: got %q, want %q", got, test.token)
				}
				s.ServeHTTP(w, r)
			}))
			defer srv.Close()
			o := test.options
			o.Address = srv.Listener.Addr().String()
			c, log := dial(t, o)
			s.play(c, test.query, log)
		})
	}
}

func TestTokenFileErrors(t *testing.T) {
	agentless(t)
	empty := write(t, "token", "\n")
	for path, want := range map[string]string{empty: "is empty", empty + "s": "no such file"} {
		_, err := NewConsul(ConsulOptions{Address: "127.0.0.1:8500", Token: "t0", TokenFile: path}, (&logs{}).logger())
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("token file %s: got error %v, want the path and %q", path, err, want)
		}
	}
}

// A token given is the token, be it in a file, whatever file the environment names.
func TestTokenBeatsEnvironment(t *testing.T) {
	agentless(t)
	t.Setenv("CONSUL_HTTP_TOKEN_FILE", filepath.Join(t.TempDir(), "missing"))
	for name, o := range map[string]ConsulOptions{"token": {Token: "t0"}, "token file": {TokenFile: write(t, "token", "t1")}} {
		o.Address = "127.0.0.1:8500"
		if _, err := NewConsul(o, (&logs{}).logger()); err != nil {
			t.Errorf("%s: got error %v, want none", name, err)
		}
	}
}

func TestAddressErrors(t *testing.T) {
	agentless(t)
	missing := TLSOptions{CAFile: filepath.Join(t.TempDir(), "missing.pem")}
	for address, want := range map[string]string{
		"ftp://127.0.0.1:21":     `scheme "ftp" is none of http, https, unix`,
		"https://127.0.0.1:8501": "missing.pem",
	} {
		_, err := NewConsul(ConsulOptions{Address: address, TLS: missing}, (&logs{}).logger())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want %q", address, err, want)
		}
	}
}
