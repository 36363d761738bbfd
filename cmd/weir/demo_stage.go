package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// demoService is the name of the service in the demo's configuration.
const demoService = "web"

// demoConfig takes the listener's address. The intervals are short so that the
// demo can show their effect.
const demoConfig = `files {
  dir = "services.d"
}

service %[1]q {
  heartbeat {
    path     = "/health"
    expect   = "up"
    interval = "500ms"
    timeout  = "250ms"
  }
}

listener %[1]q {
  bind    = %[2]q
  service = %[1]q
}
`

// demoDefinition takes ID, service, host, port and weight. It is a file that
// "consul services register" takes too.
const demoDefinition = `service {
  id      = %q
  name    = %q
  address = %q
  port    = %d
  weights {
    passing = %d
    warning = 1
  }
}
`

// A demoStage is what the demo shows weir on: backends, and a folder with the
// configuration and their service files. Its fields stay as they are.
type demoStage struct {
	dir      string
	backends []*demoServer
	weights  []int // at the start, by backend
}

// newDemoStage starts the backends and writes the folder.
func newDemoStage(listen string) (_ *demoStage, err error) {
	dir, err := os.MkdirTemp("", "weir-demo-")
	if err != nil {
		return nil, err
	}
	s := &demoStage{dir: dir, weights: []int{5, 3, 2}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if err := os.WriteFile(s.configFile(), fmt.Appendf(nil, demoConfig, demoService, listen), 0o644); err != nil {
		return nil, err
	}
	if err := os.Mkdir(s.services(), 0o755); err != nil {
		return nil, err
	}
	for i, name := range []string{"blue", "green", "red"} {
		b, err := startDemoServer(name, backendHandler(name))
		if err != nil {
			return nil, err
		}
		s.backends = append(s.backends, b)
		if err := s.define(b, s.weights[i]); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *demoStage) configFile() string { return filepath.Join(s.dir, "config.hcl") }
func (s *demoStage) services() string   { return filepath.Join(s.dir, "services.d") }

// define writes a backend's service file in one step, so that nobody ever
// reads half of it.
func (s *demoStage) define(b *demoServer, weight int) error {
	text := fmt.Appendf(nil, demoDefinition, b.name, demoService, b.addr.Addr().String(), b.addr.Port(), weight)
	draft := filepath.Join(s.dir, b.name+".draft") // beside the folder that weir watches
	if err := os.WriteFile(draft, text, 0o644); err != nil {
		return err
	}
	return os.Rename(draft, filepath.Join(s.services(), b.name+".hcl"))
}

// index returns the backend's place, or false if there is none of that name.
func (s *demoStage) index(name string) (int, bool) {
	for i, b := range s.backends {
		if b.name == name {
			return i, true
		}
	}
	return 0, false
}

// killedSince reports whether the backend of that name was killed at t or later.
func (s *demoStage) killedSince(name string, t time.Time) bool {
	i, ok := s.index(name)
	return ok && s.backends[i].killedSince(t)
}

// close ends the backends and removes the folder.
func (s *demoStage) close() error {
	for _, b := range s.backends {
		b.kill()
	}
	return os.RemoveAll(s.dir)
}
