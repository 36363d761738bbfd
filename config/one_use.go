package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// A fileUse is one meaning that the configuration gives to a file.
type fileUse struct {
	what string
	path string // empty: it has no file
	key  string // that names a file which weir makes, and its place; empty if weir only reads it
	at   hcl.Range
}

// oneUseEach refuses files that weir would write over one another, or over what it reads.
func (c *checker) oneUseEach(raw *rawConfig, conf *Config) {
	earlier := make(map[string]fileUse)
	for _, use := range append(c.readFiles(conf), madeFiles(raw, conf)...) {
		if use.path == "" {
			continue
		}
		path := canonical(use.path)
		other, taken := earlier[path]
		switch {
		case !taken:
			earlier[path] = use
		case use.key != "":
			c.reject(use.at, "Invalid "+use.key, "%s would be both %s and %s. Each takes a file of its own: choose another name.", use.path, other.what, use.what)
		}
		if what := c.readerOf(path, conf); use.key != "" && !taken && what != "" {
			c.reject(use.at, "Invalid "+use.key, "%s would be read as a %s because of its name and place. Choose another.", use.path, what)
		}
	}
}

// readFiles are the files that weir reads.
func (c *checker) readFiles(conf *Config) []fileUse {
	var uses []fileUse
	for _, name := range c.sources {
		uses = append(uses, fileUse{what: "the configuration", path: name})
	}
	if k := conf.Consul; k != nil {
		socket, found := strings.CutPrefix(k.Address, "unix://")
		if !found {
			socket = ""
		}
		uses = append(uses,
			fileUse{what: "token_file", path: k.TokenFile},
			fileUse{what: "ca_file", path: k.TLS.CAFile},
			fileUse{what: "cert_file", path: k.TLS.CertFile},
			fileUse{what: "key_file", path: k.TLS.KeyFile},
			fileUse{what: "the socket of Consul", path: socket})
	}
	return uses
}

// madeFiles are the files that weir makes, each with those that it puts beside it. What
// sockets take from one another is reported as a clash of addresses.
func madeFiles(raw *rawConfig, conf *Config) []fileUse {
	var uses []fileUse
	if k := conf.Consul; k != nil && k.SnapshotFile != "" {
		at := raw.Consul[0].SnapshotFileAt
		uses = append(uses,
			fileUse{"snapshot_file", k.SnapshotFile, "snapshot_file", at},
			fileUse{"the place of a refused snapshot, beside snapshot_file", k.SnapshotFile + ".refused", "snapshot_file", at})
	}
	if pid := conf.Process.PIDFile; pid != "" {
		at := raw.Process[0].PIDFileAt
		uses = append(uses,
			fileUse{"pid_file", pid, "pid_file", at},
			fileUse{"the result of the last reload, beside pid_file", pid + ".result", "pid_file", at})
	}
	sockets := make(map[string]bool)
	for i, l := range conf.Listeners {
		if path := l.Bind.Path; path != "" && !sockets[canonical(path)] {
			sockets[canonical(path)] = true
			uses = append(uses, fileUse{fmt.Sprintf("the socket of listener %q", l.Name), path, "bind", raw.Listeners[i].BindAt})
		}
	}
	return uses
}

// readerOf says what a new file at path would be read as, empty if as nothing.
func (c *checker) readerOf(path string, conf *Config) string {
	in := func(dir string) bool { return canonical(dir) == filepath.Dir(path) }
	name, ext := filepath.Base(path), filepath.Ext(path)
	switch {
	case strings.HasPrefix(name, "."):
		return ""
	case ext == ".hcl" && slices.ContainsFunc(c.sources, func(source string) bool { return in(filepath.Dir(source)) }):
		return "part of the configuration"
	case (ext == ".hcl" || ext == ".json") && conf.Files != nil && conf.Files.Dir != "" && in(conf.Files.Dir):
		return "service file"
	}
	return ""
}

// canonical is one name for all those of a file, which need not exist.
func canonical(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	for range 40 { // as many links as the system follows
		if found, err := filepath.EvalSymlinks(path); err == nil {
			return found
		}
		to, err := os.Readlink(path)
		if err != nil { // no link: only its directory may be there
			break
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		return filepath.Join(dir, filepath.Base(path))
	}
	return path
}
