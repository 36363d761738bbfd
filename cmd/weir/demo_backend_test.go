package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/goleak"
)

// get returns the answer's body, "" and an error without one.
func get(t *testing.T, url string) (string, error) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
	resp, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.Status + " " + string(body), err
}

func TestBackendHandler(t *testing.T) {
	s, err := startDemoServer("teal", backendHandler("teal"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.kill()
	for path, want := range map[string]string{
		"/":       "200 OK teal\n",
		"/health": "200 OK up\n",
		"/other":  "404 Not Found 404 page not found\n",
	} {
		if got, err := get(t, "http://"+s.addr.String()+path); err != nil || got != want {
			t.Errorf("%s: got %q, %v; want %q", path, got, err, want)
		}
	}
}

func TestDemoServerComesBack(t *testing.T) {
	s, err := startDemoServer("teal", backendHandler("teal"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.kill()
	before := time.Now()
	if s.killedSince(before.Add(-time.Hour)) {
		t.Error("killed before the kill")
	}
	s.kill()
	s.kill() // does nothing
	if got, err := get(t, "http://"+s.addr.String()); err == nil {
		t.Errorf("dead: got %q, want no answer", got)
	}
	if !s.killedSince(before) || s.killedSince(time.Now().Add(time.Hour)) {
		t.Error("the time of the kill is wrong")
	}
	if err := s.revive(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, err := get(t, "http://"+s.addr.String()); err != nil || got != "200 OK teal\n" {
		t.Errorf("alive again: got %q, %v", got, err)
	}
}

func TestDemoServerPortTaken(t *testing.T) {
	s, err := startDemoServer("teal", backendHandler("teal"))
	if err != nil {
		t.Fatal(err)
	}
	s.kill()
	ln, err := net.Listen("tcp", s.addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.revive(ctx); err == nil || !strings.HasPrefix(err.Error(), "bring teal back: listen tcp "+s.addr.String()) {
		t.Errorf("got %v, want that the port is taken", err)
	}
}

// The backend registers once it serves, and deregisters while it still does.
func TestRunBackend(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	consul := newStubConsul(t)
	defer consul.Close()
	var url string // of the backend; set before registered is closed
	registered := make(chan struct{})
	consul.onRegister = func(s agentService) {
		url = strings.TrimSuffix(s.Check.HTTP, "/health")
		if got, err := get(t, s.Check.HTTP); err != nil || got != "200 OK up\n" {
			t.Errorf("health when registering: got %q, %v", got, err)
		}
		close(registered)
	}
	var left time.Time
	consul.onDeregister = func(id string) {
		left = time.Now()
		if got, err := get(t, url); err != nil || got != "200 OK teal\n" {
			t.Errorf("when deregistering %s: got %q, %v", id, got, err)
		}
	}
	o := backendOptions{
		name: "teal", listen: "127.0.0.1:0", register: consul.URL + "/", service: "shop", weight: 7, token: "secret",
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- runBackend(ctx, o, hclog.NewNullLogger()) }()
	<-registered
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if served := time.Since(left); served < backendLinger {
		t.Errorf("ended %s after it deregistered, want %s at least", served, backendLinger)
	}
	if got, err := get(t, url); err == nil {
		t.Errorf("after the end: got %q, want no answer", got)
	}
	if got := consul.instances(); len(got) > 0 {
		t.Errorf("left in Consul: %v", got)
	}
}

func TestRunBackendWithoutConsul(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := runBackend(ctx, backendOptions{name: "teal", listen: "127.0.0.1:0"}, hclog.NewNullLogger()); err != nil {
		t.Error(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	o := backendOptions{name: "teal", listen: ln.Addr().String()}
	if err := runBackend(t.Context(), o, hclog.NewNullLogger()); err == nil {
		t.Error("address taken: got no error")
	}
}

func TestAdvertised(t *testing.T) {
	for _, c := range []struct{ given, bound, want string }{
		{"", "192.0.2.7:80", "192.0.2.7"},
		{"", "127.0.0.1:80", "127.0.0.1"},
		{"web-7", "192.0.2.7:80", "web-7"},
		{"web-7", "[::]:80", "web-7"},
		{"", "[::ffff:192.0.2.7]:80", "192.0.2.7"},
		{"", "[2001:db8::7]:80", "2001:db8::7"},
	} {
		if got, err := advertised(c.given, netip.MustParseAddrPort(c.bound)); err != nil || got != c.want {
			t.Errorf("--address %q at %s: got %q, %v; want %q", c.given, c.bound, got, err, c.want)
		}
	}
}

func TestFirstAddress(t *testing.T) {
	for _, c := range []struct {
		have []string
		want string
	}{
		{[]string{"127.0.0.1/8", "::1/128", "fe80::1/64", "172.18.0.3/16", "10.0.0.1/8"}, "172.18.0.3"},
		{[]string{"2001:db8::1/64", "10.0.0.1/8"}, "10.0.0.1"},
		{[]string{"127.0.0.1/8", "2001:db8::1/64", "2001:db8::2/64"}, "2001:db8::1"},
		{[]string{"127.0.0.1/8", "::1/128", "fe80::1/64"}, ""},
	} {
		var addrs []net.Addr
		for _, s := range c.have {
			ip, n, err := net.ParseCIDR(s)
			if err != nil {
				t.Fatal(err)
			}
			addrs = append(addrs, &net.IPNet{IP: ip, Mask: n.Mask})
		}
		got, ok := firstAddress(addrs)
		if ok != (c.want != "") || ok && got.String() != c.want {
			t.Errorf("%v: got %v, %v; want %q", c.have, got, ok, c.want)
		}
	}
}

func TestBackendUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, `required flag(s) "name" not set`},
		{[]string{"--name", ""}, "--name is empty"},
		{[]string{"--name", "a", "--listen", "80"}, `--listen "80" is no HOST:PORT`},
		{[]string{"--name", "a", "--weight", "0"}, "--weight 0 is not from 1 to 65535"},
		{[]string{"--name", "a", "--weight", "65536"}, "--weight 65536 is not"},
		{[]string{"--name", "a", "--register", "consul:8500"}, `--register "consul:8500" is no URL`},
		{[]string{"--name", "a", "--register", "ftp://consul"}, `--register "ftp://consul" is no URL`},
		{[]string{"b", "--name", "a"}, `unknown command "b"`},
	} {
		var stderr bytes.Buffer
		code := execute(t.Context(), append([]string{"demo", "backend"}, c.args...), io.Discard, &stderr)
		if code != exitUsage || !strings.Contains(stderr.String(), c.want) {
			t.Errorf("%v: got exit code %d and %q; want %d and %q", c.args, code, &stderr, exitUsage, c.want)
		}
	}
}
