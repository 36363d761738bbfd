// Package peers knows the balancers that weir is compared with, and weir itself:
// how each is configured at its fair best, started, and asked for its version.
// The configurations are the templates beside the code.
package peers

import (
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// A Peer is a balancer that can be started.
type Peer struct {
	Name    string
	Binary  string            // a path, or a name to look for in PATH
	Package string            // what brings the binary
	Files   map[string]string // template by the name that it gets in the peer's folder
	Args    func(Site) []string
	Check   func(Site) []string // arguments that only check the configuration; nil: there are none
	Version []string            // arguments that print it
	Env     []string
	OnDeath syscall.Signal                     // ends all its processes, if the benchmark dies
	Prepare func(binary string, s *Site) error // fills in what only the binary knows; nil: nothing
	// Connections at once that are configured, where the peer wants to know: as many as it accepts under the limit of descriptors.
	Connections int
}

// Find returns the path of the peer's binary.
func (p Peer) Find() (string, error) { return exec.LookPath(p.Binary) }

// Configure writes the peer's files, and completes the site.
func (p Peer) Configure(binary string, s *Site) error {
	if s.Connections == 0 {
		s.Connections = p.Connections
	}
	if p.Prepare != nil {
		if err := p.Prepare(binary, s); err != nil {
			return err
		}
	}
	for to, name := range p.Files {
		if err := s.write(name, to); err != nil {
			return err
		}
	}
	return nil
}

// AskVersion runs the binary for the line that names its version.
func (p Peer) AskVersion(binary string) string {
	out, err := exec.Command(binary, p.Version...).CombinedOutput()
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if err != nil && line == "" {
		return "unknown: " + err.Error()
	}
	return line
}

func at(s Site, name string) string { return filepath.Join(s.Dir, name) }
