package config

import (
	"fmt"
	"strings"
)

// Summary is one line of what would run, such as
//
//	1 listener, 1 service from Consul at 127.0.0.1:8500: 0.0.0.0:8080 -> web
//
// Of many listeners it shows the first few.
func (c *Config) Summary() string {
	const shown = 3 // as many as fit on a line
	var routes []string
	for _, l := range c.Listeners[:min(shown, len(c.Listeners))] {
		routes = append(routes, fmt.Sprintf("%s -> %s", l.Bind, l.Service))
	}
	if more := len(c.Listeners) - shown; more > 0 {
		routes = append(routes, fmt.Sprintf("and %d more", more))
	}
	return fmt.Sprintf("%s, %s from %s: %s",
		count(len(c.Listeners), "listener"), count(len(c.Services), "service"), c.source(), strings.Join(routes, ", "))
}

// source says where instances come from.
func (c *Config) source() string {
	if c.Files != nil {
		return "files in " + c.Files.Dir
	}
	return "Consul at " + strings.TrimPrefix(c.Consul.Address, "http://")
}

// count is a number with its noun.
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
