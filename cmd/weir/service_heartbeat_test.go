package main

import (
	"testing"

	"weir/config"
	"weir/health"
)

// Heartbeats to the port that the clients' connections go to say that they are weir's own.
func TestProbeSendsTheHeader(t *testing.T) {
	for name, tt := range map[string]struct {
		typ  config.HeartbeatType
		port int
		p    config.ProxyProtocol
		want string
	}{
		"none":          {config.HTTP, 0, config.NoProxyProtocol, ""},
		"v1":            {config.HTTP, 0, config.ProxyProtocolV1, "PROXY UNKNOWN\r\n"},
		"v2":            {config.HTTP, 0, config.ProxyProtocolV2, "\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00"},
		"tcp":           {config.TCP, 0, config.ProxyProtocolV1, "PROXY UNKNOWN\r\n"},
		"port":          {config.HTTP, 81, config.ProxyProtocolV1, ""},
		"tcp of a port": {config.TCP, 81, config.ProxyProtocolV2, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var got []byte
			switch p := probe(config.Service{ProxyProtocol: tt.p, Heartbeat: &config.Heartbeat{Type: tt.typ, Port: tt.port, Path: "/health"}}).(type) {
			case health.HTTP:
				got = p.Header
			case health.TCP:
				got = p.Header
			}
			if string(got) != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
