package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hashicorp/hcl/v2"
)

// setting is one text of the consul block and where it comes from.
type setting struct {
	value    string    // empty: not set anywhere
	at       hcl.Range // its place, if the key stands in the file
	variable string    // the environment variable that it comes from, if so
	failed   bool      // it stands in the file, but can't be used
}

// setting takes a key from the file or, when it is left out or empty there, from
// the environment variable that the consul command has for it ("" for none).
func (c *checker) setting(raw *string, at hcl.Range, variable string) setting {
	switch {
	case c.failed(at):
		return setting{at: at, failed: true}
	case raw != nil && *raw != "":
		return setting{value: *raw, at: at}
	case variable != "" && c.getenv(variable) != "":
		return setting{value: c.getenv(variable), variable: variable}
	}
	return setting{at: at}
}

// written reports whether the value stands in the file.
func (s setting) written() bool { return s.value != "" && s.variable == "" }

// refuse reports a bad setting at its place, or by the name of its variable.
func (c *checker) refuse(s setting, key, complaint string) {
	if s.variable == "" {
		c.reject(s.at, "Invalid "+key, "%s", complaint)
		return
	}
	c.diags = append(c.diags, &hcl.Diagnostic{
		Severity: hcl.DiagError,
		Summary:  "Invalid " + s.variable,
		Detail:   fmt.Sprintf("The environment variable %s is %q. %s", s.variable, s.value, complaint),
	})
}

// existing returns a setting as a path, one from the file taken from that file's
// directory, and warns if nothing is there: the check may run on another machine
// than weir does.
func (c *checker) existing(s setting, key string) string {
	if s.value == "" {
		return ""
	}
	path := s.value
	if s.variable == "" {
		path = beside(s.at, path)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return path
	}
	if s.variable == "" {
		c.warn(s.at, "No such file", "There is no file %s, and weir does not start without it. Relative paths start from the directory of the configuration file.", path)
		return path
	}
	c.diags = append(c.diags, &hcl.Diagnostic{
		Severity: hcl.DiagWarning,
		Summary:  "No such file",
		Detail:   fmt.Sprintf("The environment variable %s, the default of %s, names %s, which does not exist; weir does not start without it.", s.variable, key, path),
	})
	return path
}

// beside returns path as seen from the directory of the file that at is in.
func beside(at hcl.Range, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(at.Filename), path)
}
