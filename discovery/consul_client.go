package discovery

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/consul/api"
)

// splitAddress cuts the scheme off, http where there is none.
func splitAddress(address string) (scheme, rest string) {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return "http", address
	}
	return scheme, rest
}

// sameHost reports whether the way to the agent is no network.
func sameHost(address string) bool {
	scheme, rest := splitAddress(address)
	if scheme == "unix" {
		return true
	}
	u, err := url.Parse(scheme + "://" + rest)
	if err != nil {
		return false
	}
	ip, _ := netip.ParseAddr(u.Hostname())
	return ip.IsLoopback() || u.Hostname() == "localhost"
}

// agentTransport is made for long polls: they need one connection each kept
// alive, no timeout on headers, and a dead peer noticed by keep-alive or HTTP/2
// pings.
func agentTransport(o ConsulOptions, conf *tls.Config, dialTimeout time.Duration) *http.Transport {
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}
	transport := &http.Transport{
		DialContext:         dialer.DialContext,
		TLSClientConfig:     conf.Clone(), // a transport adds to it
		TLSHandshakeTimeout: 5 * time.Second,
		MaxIdleConnsPerHost: 256, // every watch returns its connection between two polls
		IdleConnTimeout:     90 * time.Second,
		ForceAttemptHTTP2:   true, // a transport with its own dialer needs asking
		HTTP2:               &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second},
		// On the same host packing costs the agent ten times what the bytes cost both.
		DisableCompression: sameHost(o.Address),
	}
	if scheme, rest := splitAddress(o.Address); scheme == "unix" {
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", rest)
		}
	}
	return transport
}

// newClient builds an api client on a transport. The address may have a path behind it,
// where a proxy serves Consul beneath one.
func newClient(o ConsulOptions, transport http.RoundTripper) (*api.Client, error) {
	scheme, rest := splitAddress(o.Address)
	if scheme == "unix" {
		// Given a unix address, the api would put a transport without keep-alive in place of ours.
		scheme, rest = "http", "localhost"
	}
	client, err := api.NewClient(&api.Config{
		Address: scheme + "://" + strings.TrimRight(rest, "/"), // else it would ask for "//v1/..."
		Scheme:  scheme,
		Token:   o.Token, // else it would read the file that CONSUL_HTTP_TOKEN_FILE names
		HttpClient: &http.Client{
			Transport: transport,
			// An agent redirects an odd path only; what else does is not our Consul.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	})
	if err != nil {
		return nil, fmt.Errorf("consul client for %s: %w", o.Address, err)
	}
	return client, nil
}
