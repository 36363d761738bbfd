package peers

import (
	"fmt"
	"strconv"
	"syscall"
)

// Named returns a peer that is measured only where its binary is given. Their
// configurations are written from their documentation: none was at hand to try.
func Named(name, path string) (Peer, error) {
	p := Peer{Name: name, Binary: path, OnDeath: syscall.SIGKILL}
	switch name {
	case "fabio":
		p.Package = "github.com/fabiolb/fabio"
		p.Files = map[string]string{"fabio.properties": "fabio.properties", "fabio.routes": "fabio.routes"}
		p.Args = func(s Site) []string { return []string{"-cfg", at(s, "fabio.properties")} }
		p.Version = []string{"-version"}
	case "traefik":
		p.Package = "github.com/traefik/traefik"
		p.Files = map[string]string{"traefik.yaml": "traefik.yaml", "dynamic.yaml": "traefik-dynamic.yaml"}
		p.Args = func(s Site) []string { return []string{"--configFile=" + at(s, "traefik.yaml")} }
		p.Version = []string{"version"}
	case "envoy":
		p.Package = "github.com/envoyproxy/envoy"
		p.Files = map[string]string{"envoy.yaml": "envoy.yaml"}
		p.Args = func(s Site) []string {
			return []string{"-c", at(s, "envoy.yaml"), "--concurrency", strconv.Itoa(s.CPUs), "--log-level", "error", "--disable-hot-restart"}
		}
		p.Check = func(s Site) []string { return []string{"--mode", "validate", "-c", at(s, "envoy.yaml")} }
		p.Version = []string{"--version"}
	default:
		return Peer{}, fmt.Errorf("no configuration for a peer %q; there are fabio, traefik, envoy", name)
	}
	return p, nil
}
