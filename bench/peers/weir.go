package peers

import (
	"strings"
	"syscall"
)

// relay is the variable by which weir is told which relay to use.
const relay = "WEIR_RELAY="

// Own reports whether a variable of the environment is for a peer to set, and so
// isn't passed on.
func Own(variable string) bool { return strings.HasPrefix(variable, relay) }

// Weir is the binary at the path; with goroutine, on its relay of two goroutines a connection.
func Weir(path string, goroutine bool) Peer {
	p := Peer{
		Name:    "weir",
		Binary:  path,
		Package: "make build",
		Files:   map[string]string{"config.hcl": "weir.hcl", "services.d/bench.json": "services.json"},
		Args:    func(s Site) []string { return []string{"run", "--config", at(s, "config.hcl")} },
		Check:   func(s Site) []string { return []string{"check", "--config", at(s, "config.hcl")} },
		Version: []string{"version"},
		OnDeath: syscall.SIGKILL,
	}
	if goroutine {
		p.Name = "weir-goroutine"
		p.Env = []string{relay + "goroutine"}
	}
	return p
}
