package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
)

// listeners reads all listener blocks.
func (c *checker) listeners(blocks []rawListener) []Listener {
	var listeners []Listener
	first := make(map[string]hcl.Range)
	for i, raw := range blocks {
		switch at, taken := first[raw.Name]; {
		case strings.TrimSpace(raw.Name) == "":
			c.reject(raw.NameAt, "Listener without a name", `The label names the listener in logs: listener "web" { ... }.`)
		case taken:
			c.reject(raw.NameAt, "Listener declared twice",
				"A listener %q is already declared at %s. Give each a name of its own.", raw.Name, place(at))
		default:
			first[raw.Name] = raw.NameAt
		}
		l := c.listener(&raw)
		for j, earlier := range listeners {
			if clash(earlier.Bind, l.Bind) {
				c.inUse(raw.BindAt, earlier, blocks[j].BindAt)
				break
			}
		}
		listeners = append(listeners, l)
		c.serviceGiven(&blocks[i])
	}
	return listeners
}

// listener reads one listener block.
func (c *checker) listener(raw *rawListener) Listener {
	l := Listener{
		Name:                    raw.Name,
		Bind:                    c.bind(raw),
		MaxConnections:          c.number("max_connections", raw.MaxConnections, raw.MaxConnectionsAt, 0, 0, mostConnections),
		MaxConnectionsPerClient: c.number("max_connections_per_client", raw.MaxPerClient, raw.MaxPerClientAt, 0, 0, mostConnections),
		WhenFull:                oneOf(c, "when_full", raw.WhenFull, raw.WhenFullAt, WhenFullWait, WhenFullWait, WhenFullClose),
		IdleTimeout:             c.timeout("idle_timeout", raw.IdleTimeout, raw.IdleTimeoutAt, 0),
		MaxLifetime:             c.timeout("max_lifetime", raw.MaxLifetime, raw.MaxLifetimeAt, 0),
		HalfCloseTimeout:        c.timeout("half_close_timeout", raw.HalfCloseTimeout, raw.HalfCloseTimeoutAt, defaultHalfClose),
		KeepAlive:               c.keepAlive(raw),
	}
	if service := given(c, raw.Service, raw.ServiceAt); service != nil {
		l.Service = *service
	}
	return l
}

const defaultHalfClose = time.Hour

// keepAlive reads TCP keep-alive's idle time, in the terms of the kernel (tcp(7), TCP_KEEPIDLE).
func (c *checker) keepAlive(raw *rawListener) time.Duration {
	const def, most = 60 * time.Second, 32767 * time.Second
	written := given(c, raw.KeepAlive, raw.KeepAliveAt)
	if written == nil {
		return def
	}
	d, ok := c.time("keepalive", *written, raw.KeepAliveAt, `"0s" stands for none.`)
	switch {
	case !ok:
		return def
	case d < 0 || d > most || d%time.Second != 0:
		c.reject(raw.KeepAliveAt, "Invalid keepalive",
			`keepalive is a time of whole seconds from 1s to %ds, or "0s" for none, not %q. Left out, it is %ds.`, most/time.Second, *written, def/time.Second)
		return def
	}
	return d
}

// inUse reports an address that an earlier listener has.
func (c *checker) inUse(at hcl.Range, earlier Listener, earlierAt hcl.Range) {
	remedy := "another port, or another IP address; 0.0.0.0 stands for all of IPv4, and [::] or none for all of IPv6 and IPv4"
	if earlier.Bind.Path != "" {
		remedy = "another path"
	}
	c.reject(at, "Address in use", "Listener %q, at %s, already takes %s. Choose %s.", earlier.Name, place(earlierAt), earlier.Bind, remedy)
}

// serviceGiven reports a listener without a service.
func (c *checker) serviceGiven(raw *rawListener) {
	if raw.Service == nil && !c.failed(raw.ServiceAt) && !misspelt(raw.Body, "service") {
		c.reject(raw.At, "Missing service", `Listener %q does not say which service it is for. Add service = "web", with the name of a service block.`, raw.Name)
	}
}

// references checks what listeners and services say of one another. To be called
// only if all blocks were read.
func (c *checker) references(raw *rawConfig, start hcl.Range) {
	if len(raw.Listeners) == 0 {
		c.reject(start, "No listener", "There is nothing to listen on. Add at least one:\n\n  listener \"web\" {\n    bind    = \"0.0.0.0:8080\"\n    service = \"web\"\n  }")
	}
	var names []string
	for _, s := range raw.Services {
		names = append(names, s.Name)
	}
	used := make(map[string]bool)
	sure := len(raw.Listeners) > 0 // every listener has a service that is known
	for _, l := range raw.Listeners {
		service := given(c, l.Service, l.ServiceAt)
		switch {
		case service == nil:
			sure = false
		case slices.Contains(names, *service):
			used[*service] = true
		default:
			sure = false
			c.reject(l.ServiceAt, "Unknown service", "%s", undeclared(*service, names))
		}
	}
	for _, s := range raw.Services {
		if sure && !used[s.Name] {
			c.warn(s.NameAt, "Unused service", "No listener uses service %q. Add one with service = %q, or remove the block.", s.Name, s.Name)
		}
	}
}

// undeclared says how to repair a listener whose service is not among names.
func undeclared(name string, names []string) string {
	hint := suggest(name, names)
	if hint == "" {
		hint = fmt.Sprintf(" Add a block, which may be empty: service %q {}.", name)
	}
	return fmt.Sprintf("There is no service %q in this configuration.%s", name, hint)
}
