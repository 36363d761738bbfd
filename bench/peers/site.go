package peers

import (
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"text/template"
	"time"
)

//go:embed *.cfg *.conf *.hcl *.json *.properties *.routes *.yaml
var texts embed.FS

// A Site is where a peer runs: what its templates are filled with.
type Site struct {
	Dir         string // the peer's own, for its files
	Listen      int    // port on 127.0.0.1
	Backends    []int  // ports on 127.0.0.1
	CPUs        int
	Connections int // at once, at most
	Spare       int // another port, for a peer that wants one for itself
	Splice      bool
	Module      string // of nginx, to load; "": it is built in

	Health    int           // port of the heartbeats, on every instance's address; 0: none
	Heartbeat time.Duration // between two
}

// An Instance is a backend as weir's service file names it.
type Instance struct {
	Host string
	Port int
}

// Instances are the backends, or with heartbeats more instances than those: each
// has an address of its own, so that it can be ill alone.
func (s Site) Instances() []Instance {
	var list []Instance
	if s.Health == 0 {
		for _, port := range s.Backends {
			list = append(list, Instance{"127.0.0.1", port})
		}
		return list
	}
	const instances = 8
	for i := range instances {
		list = append(list, Instance{fmt.Sprintf("127.0.0.%d", i+1), s.Backends[i%len(s.Backends)]})
	}
	return list
}

// Timeout is of a heartbeat.
func (s Site) Timeout() time.Duration { return s.Heartbeat * 3 / 4 }

// write fills a template of that name into the site's folder.
func (s Site) write(name, to string) error {
	t, err := template.ParseFS(texts, name)
	if err != nil {
		return err
	}
	path := filepath.Join(s.Dir, to)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("configure %s: %w", name, err)
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("configure %s: %w", name, err)
	}
	if err := t.Execute(f, s); err != nil {
		f.Close()
		return fmt.Errorf("configure %s: %w", name, err)
	}
	return f.Close()
}
