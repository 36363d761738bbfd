package operate

import (
	"fmt"
	"net"
	"slices"
	"strings"
)

// The ports of the site's other listeners.
const (
	apiPort = 8001 + iota
	movedPort
	alienPort
	widePort
)

var steps = slices.Concat(structureSteps, mistakeSteps, serviceSteps, heartbeatSteps, listenerSteps, restSteps)

// structureSteps add, remove, rename and join.
var structureSteps = []step{
	{name: "nothing"},
	{name: "add a service and a listener", change: func(s *site, p *plan) {
		p.services["api"] = servicePlan{patientService, patientHeartbeat}
		p.listeners["api"] = listenerPlan{bind: s.at(apiPort), service: "api"}
	}, check: func(s *site) { s.open(s.at(apiPort), 10) }},
	{name: "rename the listener in use", change: func(s *site, p *plan) { p.rename("web", "front") }},
	{name: "rename it back, and give both services to it in turn", change: func(s *site, p *plan) {
		p.rename("front", "web")
		p.listeners["web"] = listenerPlan{bind: s.addr, service: "api"}
	}, check: func(s *site) { s.open(s.addr, 10) }},
	{name: "its own service again", change: func(s *site, p *plan) { p.listeners["web"] = listenerPlan{bind: s.addr, service: "web"} }},
	{name: "swap names and services", change: func(s *site, p *plan) {
		p.listeners["web"] = listenerPlan{bind: s.at(apiPort), service: "api"}
		p.listeners["api"] = listenerPlan{bind: s.addr, service: "web"}
	}},
	{name: "swap services", change: func(s *site, p *plan) {
		p.listeners["web"] = listenerPlan{bind: s.at(apiPort), service: "web"}
		p.listeners["api"] = listenerPlan{bind: s.addr, service: "api"}
	}},
	{name: "swap all back", change: func(s *site, p *plan) {
		p.listeners["web"] = listenerPlan{bind: s.addr, service: "web"}
		p.listeners["api"] = listenerPlan{bind: s.at(apiPort), service: "api"}
	}},
	{name: "move a listener", closed: []int{apiPort}, change: func(s *site, p *plan) {
		p.listeners["api"] = listenerPlan{bind: s.at(movedPort), service: "api"}
	}, check: func(s *site) { s.open(s.at(movedPort), 10) }},
	{name: "move it to an address that another program has", parts: "in use", change: func(s *site, p *plan) {
		ln, err := net.Listen("tcp", s.at(alienPort))
		if err != nil {
			s.t.Fatal(err)
		}
		s.t.Cleanup(func() { ln.Close() })
		p.listeners["api"] = listenerPlan{bind: s.at(alienPort), service: "api"}
	}},
	{name: "add a listener at all addresses", change: func(s *site, p *plan) {
		p.listeners["wide"] = listenerPlan{bind: fmt.Sprintf("0.0.0.0:%d", widePort), service: "api"}
	}, check: func(s *site) { s.open(s.at(widePort), 5) }},
	{name: "narrow it to one", change: func(s *site, p *plan) {
		p.listeners["wide"] = listenerPlan{bind: s.at(widePort), service: "api"}
	}, check: func(s *site) { s.open(s.at(widePort), 5) }},
	{name: "widen it, with another name", change: func(s *site, p *plan) {
		delete(p.listeners, "wide")
		p.listeners["broad"] = listenerPlan{bind: fmt.Sprintf("0.0.0.0:%d", widePort), service: "web"}
	}},
	{name: "remove two listeners", closed: []int{movedPort, widePort}, change: func(s *site, p *plan) {
		delete(p.listeners, "broad")
		delete(p.listeners, "api")
	}},
	{name: "remove a service", change: func(s *site, p *plan) { delete(p.services, "api") }},
	{name: "add all again, twice", change: func(s *site, p *plan) {
		p.services["api"] = servicePlan{patientService, "none"}
		p.listeners["api"] = listenerPlan{bind: s.at(apiPort), service: "api"}
		p.listeners["more"] = listenerPlan{bind: s.at(movedPort), service: "web"}
	}, check: func(s *site) { s.open(s.at(apiPort), 10); s.open(s.at(movedPort), 10) }},
	{name: "remove service and listeners at once", closed: []int{apiPort, movedPort}, change: func(s *site, p *plan) {
		delete(p.services, "api")
		delete(p.listeners, "api")
		delete(p.listeners, "more")
	}},
	{name: "add the listener alone", change: func(s *site, p *plan) {
		p.listeners["more"] = listenerPlan{bind: s.at(movedPort), service: "web"}
	}},
}

// mistakeSteps change nothing.
var mistakeSteps = []step{
	{name: "syntax error", fails: "Unclosed", change: mistake("service \"x\" {")},
	{name: "unknown key", fails: "colour", change: mistake("process {\ncolour = 1\n}")},
	{name: "unknown block", fails: "servise", change: mistake("servise \"x\" {}")},
	{name: "wrong type", fails: "retries", change: mistake("service \"x\" {\nretries = \"many\"\n}")},
	{name: "unknown service", fails: "nowhere", change: func(s *site, p *plan) {
		p.listeners["web"] = listenerPlan{bind: s.addr, service: "nowhere"}
	}},
	{name: "clash of addresses", fails: "already takes", change: func(s *site, p *plan) {
		p.listeners["again"] = listenerPlan{bind: s.addr, service: "web"}
	}},
	{name: "bad duration", fails: "soon", change: mistake("service \"x\" {\ndrain = \"soon\"\n}")},
	{name: "both catalogs", fails: "consul", change: mistake("consul {}")},
	{name: "no listener", fails: "listener", change: func(s *site, p *plan) { clear(p.listeners) }},
	{name: "folder that doesn't exist", fails: "nowhere", change: func(s *site, p *plan) { p.catalog = "files {\ndir = \"/nowhere\"\n}" }},
}

func mistake(text string) func(*site, *plan) {
	return func(_ *site, p *plan) { p.raw = text + "\n" }
}

func (p *plan) rename(from, to string) {
	p.listeners[to] = p.listeners[from]
	delete(p.listeners, from)
}

// serviceSteps change each key of the service in use.
var serviceSteps = each([]string{
	`tags = ["blue"]`, `filter = "\"blue\" in Service.Tags"`, `healthy_when = "catalog"`, `healthy_when = "heartbeat"`, `connect_timeout = "6s"`,
	`retries = 1`, `drain = "1h"`, `on_unhealthy = "close"`, `max_connections_per_instance = 5000`,
	`on_empty = "apply"`, `empty_hold = "1m"`, `panic_threshold = 50`, `balance = "weighted_round_robin"`,
}, func(_ *site, p *plan, key string) {
	keys := patientService + "\n" + key
	if strings.HasPrefix(key, "connect_timeout") {
		keys = key
	}
	p.services["web"] = servicePlan{keys, patientHeartbeat}
})

// heartbeatSteps change each key of its heartbeats.
var heartbeatSteps = append(each([]string{
	`type = "tcp"`, `path = "/health?more"`, "expect = \"up\"", `port = 7000`, `interval = "2s"`, "interval = \"2s\"\ntimeout = \"1500ms\"", `rise = 2`, `fall = 5`, "none", "",
}, func(_ *site, p *plan, key string) { p.services["web"] = servicePlan{patientService, key} }),
	step{name: "the usual service", change: func(_ *site, p *plan) {
		p.services["web"] = servicePlan{patientService, patientHeartbeat}
	}},
)

// listenerSteps change each key of the listener in use.
var listenerSteps = each([]string{
	`max_connections = 8000`, `max_connections_per_client = 8000`, "max_connections = 8000\nwhen_full = \"close\"", `idle_timeout = "1h"`,
	`max_lifetime = "2h"`, `half_close_timeout = "30m"`, `keepalive = "0s"`, `keepalive = "30s"`, ``,
}, func(s *site, p *plan, key string) {
	p.listeners["web"] = listenerPlan{bind: s.addr, service: "web", keys: key}
})

// restSteps change what is left.
var restSteps = append(each([]string{
	`max_connections = 8000`, `shutdown_delay = "1ms"`, `shutdown_grace = "10s"`, `upgrade_grace = "1h"`, ``,
}, func(s *site, p *plan, key string) {
	p.process = fmt.Sprintf("pid_file = %q\n%s", s.weir.PIDFile(), key)
}), []step{
	{name: "PROXY protocol for a service that nobody uses", change: func(_ *site, p *plan) {
		p.services["api"] = servicePlan{"proxy_protocol = \"v2\"", ""}
	}},
	{name: "another path of the folder", change: func(s *site, p *plan) {
		p.catalog = fmt.Sprintf("files {\ndir = %q\n}", s.otherFolder())
	}},
	{name: "log: level", head: "log {\nlevel = \"warn\"\nformat = \"json\"\n}\n"},
	{name: "log: format", head: "log {\nlevel = \"debug\"\nformat = \"text\"\n}\n"},
	{name: "log as usual"},
}...)

func each(keys []string, set func(s *site, p *plan, key string)) (steps []step) {
	for _, key := range keys {
		steps = append(steps, step{name: fmt.Sprintf("key %q", key), change: func(s *site, p *plan) { set(s, p, key) }})
	}
	return steps
}
