package main

import (
	"reflect"

	"github.com/hashicorp/go-hclog"

	"weir/config"
	"weir/health"
)

func newChecker(c config.Service, limiter *health.Limiter, log hclog.Logger) *health.Checker {
	h := c.Heartbeat
	return health.NewChecker(health.Options{
		Service:  c.Name,
		Probe:    probe(c),
		Port:     h.Port,
		Interval: h.Interval,
		Timeout:  h.Timeout,
		Rise:     h.Rise,
		Fall:     h.Fall,
		Limiter:  limiter,
		Logger:   log.Named("health"),
	})
}

// sameHeartbeats reports whether two configurations of a service have its instances sent the
// same heartbeats.
func sameHeartbeats(a, b config.Service) bool {
	return a.ProxyProtocol == b.ProxyProtocol && reflect.DeepEqual(a.Heartbeat, b.Heartbeat)
}

func probe(c config.Service) health.Probe {
	h := c.Heartbeat
	var local []byte
	if h.Port == 0 { // a port of its own is somebody else's, who knows nothing of the header
		local = health.LocalHeader(byte(header(c.ProxyProtocol)))
	}
	if h.Type == config.TCP {
		return health.TCP{Header: local}
	}
	return health.HTTP{Path: h.Path, Expect: h.Expect, Header: local}
}
