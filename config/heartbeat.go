package config

import (
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
)

// heartbeat reads a heartbeat block.
func (c *checker) heartbeat(raw *rawHeartbeat) *Heartbeat {
	h := &Heartbeat{
		Type: oneOf(c, "type", raw.Type, raw.TypeAt, HTTP, HTTP, TCP),
		Port: c.number("port", raw.Port, raw.PortAt, 0, 0, 65535),
		// Below 10 ms a heartbeat would be most of an instance's work.
		Interval: c.duration("interval", raw.Interval, raw.IntervalAt, 2*time.Second, 10*time.Millisecond),
		Timeout:  c.duration("timeout", raw.Timeout, raw.TimeoutAt, time.Second, time.Millisecond),
		Rise:     c.number("rise", raw.Rise, raw.RiseAt, 1, 1, 1000),
		Fall:     c.number("fall", raw.Fall, raw.FallAt, 3, 1, 1000),
	}
	c.timing(raw, h)
	if h.Type == TCP {
		c.onlyHTTP("path", raw.Path, raw.PathAt)
		c.onlyHTTP("expect", raw.Expect, raw.ExpectAt)
		return h
	}
	h.Path = c.path(raw)
	if expect := given(c, raw.Expect, raw.ExpectAt); expect != nil {
		h.Expect = *expect
	}
	if h.Expect != strings.TrimSpace(h.Expect) {
		c.reject(raw.ExpectAt, "Invalid expect",
			"White space around an answer is trimmed before it is compared, so that %q never matches. Write %q.", h.Expect, strings.TrimSpace(h.Expect))
	}
	return h
}

// timing sees to it that one heartbeat ends before the next begins.
func (c *checker) timing(raw *rawHeartbeat, h *Heartbeat) {
	if h.Timeout < h.Interval || c.failed(raw.TimeoutAt) || c.failed(raw.IntervalAt) {
		return
	}
	if raw.Timeout == nil {
		c.reject(raw.IntervalAt, "Invalid interval",
			"The timeout, %v where it is left out, must be below the interval, %v. Add a shorter one: timeout = %q.", h.Timeout, h.Interval, (h.Interval / 2).String())
		return
	}
	c.reject(raw.TimeoutAt, "Invalid timeout",
		"The timeout, %v, must be below the interval, %v. Shorten it, or lengthen the interval.", h.Timeout, h.Interval)
}

// onlyHTTP rejects a key that means nothing to a TCP heartbeat, which ends when
// the connection stands.
func (c *checker) onlyHTTP(key string, raw *string, at hcl.Range) {
	if raw = given(c, raw, at); raw == nil || *raw == "" {
		return
	}
	c.reject(at, "Invalid "+key, `A heartbeat of type "tcp" only connects and has no %s. Remove the key, or write type = "http".`, key)
}

// path reads where an HTTP heartbeat asks.
func (c *checker) path(raw *rawHeartbeat) string {
	written := given(c, raw.Path, raw.PathAt)
	if written == nil {
		return "/health"
	}
	path := *written
	_, err := url.ParseRequestURI(path)
	switch {
	case strings.Contains(path, "://"):
		c.reject(raw.PathAt, "Invalid path", "The path is the part behind host and port, such as %q: each instance is asked at its own address.", "/health")
	case !strings.HasPrefix(path, "/"):
		c.reject(raw.PathAt, "Invalid path", "A path begins with a slash. Write %q.", "/"+path)
	case err != nil || strings.ContainsAny(path, " \t#"):
		c.reject(raw.PathAt, "Invalid path", "%q is no path of a URL. Write one such as %q, special characters in the form %%20.", path, "/health")
	default:
		return path
	}
	return "/health"
}
