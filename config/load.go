package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// Load reads the configuration file at path or, if path is a directory, all of
// its *.hcl files as if they were one, in the order of their names; names that
// begin with a dot are passed over. The Config is nil if and only if the
// Diagnostics, never nil, have errors; without errors they may have warnings.
//
// Relative paths in a file start from the directory that it is in, those in the
// CONSUL_* variables from the working directory.
func Load(path string) (*Config, *Diagnostics) {
	sources, problem := read(path)
	if problem != nil {
		return nil, &Diagnostics{list: hcl.Diagnostics{problem}}
	}
	return parse(sources, os.Getenv)
}

// source is one file's name, as positions show it, and its text.
type source struct {
	name string
	text []byte
}

// read fetches the files behind path, at least one.
func read(path string) ([]source, *hcl.Diagnostic) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	names := []string{path}
	if info.IsDir() {
		if names, err = hclFiles(path); err != nil {
			return nil, unreadable(path, err)
		}
	}
	if len(names) == 0 {
		return nil, &hcl.Diagnostic{
			Severity: hcl.DiagError,
			Summary:  "Empty configuration directory",
			Detail:   fmt.Sprintf("The directory %s has no file whose name ends in .hcl. Put one there, or name another file or directory.", path),
		}
	}
	var sources []source
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, unreadable(name, err)
		}
		sources = append(sources, source{name, text})
	}
	return sources, nil
}

// hclFiles lists the paths of the configuration files in dir, by name.
func hclFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		name := entry.Name()
		if filepath.Ext(name) == ".hcl" && !strings.HasPrefix(name, ".") && !entry.IsDir() {
			names = append(names, filepath.Join(dir, name))
		}
	}
	return names, nil
}

// unreadable says in a user's words why there is nothing to parse.
func unreadable(path string, err error) *hcl.Diagnostic {
	d := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Cannot read the configuration"}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.Summary = "No configuration"
		d.Detail = fmt.Sprintf("There is no file or directory %s. Name a file of HCL, or a directory with *.hcl files.", path)
	case errors.Is(err, fs.ErrPermission):
		d.Detail = fmt.Sprintf("%s may not be read by this user. Change its owner or its mode, or run as another user.", path)
	default:
		d.Detail = fmt.Sprintf("Reading it fails: %v.", err)
	}
	return d
}

// parse turns sources into a Config. A file with broken syntax ends it before
// any key is looked at: what would be said of the rest could be wrong.
func parse(sources []source, getenv func(string) string) (*Config, *Diagnostics) {
	d := &Diagnostics{files: make(map[string]*hcl.File)}
	var files []*hcl.File
	var names []string
	for _, src := range sources {
		file, diags := parseFile(src)
		d.list = append(d.list, diags...)
		d.files[src.name] = file
		files = append(files, file)
		names = append(names, src.name)
	}
	defer d.sort()
	if d.HasErrors() {
		return nil, d
	}
	raw, diags := decode(files, evalContext(getenv))
	c := &checker{decoded: diags, sources: names, getenv: getenv}
	conf := c.config(raw, everythingRead(files, raw), files[0].Body.MissingItemRange())
	d.list = append(d.list, diags...)
	d.list = append(d.list, c.diags...)
	if d.HasErrors() {
		return nil, d
	}
	return conf, d
}

// config checks the whole. Complete is false when decoding left out a block:
// then nothing can be said about what is missing. Start is where the first file
// begins, the place of what is missing altogether.
func (c *checker) config(raw *rawConfig, complete bool, start hcl.Range) *Config {
	conf := &Config{Log: c.log(raw.Log)}
	conf.Consul, conf.Files = c.catalog(raw)
	conf.Process = c.process(raw.Process)
	conf.Services = c.services(raw.Services, conf.Consul)
	conf.Listeners = c.listeners(raw.Listeners)
	c.oneUseEach(raw, conf)
	c.effects(raw, conf)
	if complete {
		c.references(raw, start)
	}
	return conf
}

// log checks the log block.
func (c *checker) log(blocks []rawLog) Log {
	raw := sole(c, "log", blocks, func(r *rawLog) hcl.Range { return r.At })
	if raw == nil {
		raw = &rawLog{}
	}
	return Log{
		Level:  oneOf(c, "level", raw.Level, raw.LevelAt, LevelInfo, LevelTrace, LevelDebug, LevelInfo, LevelWarn, LevelError),
		Format: oneOf(c, "format", raw.Format, raw.FormatAt, FormatText, FormatText, FormatJSON),
	}
}
