package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// written reads the path of a file that weir makes, though not its directory;
// empty for none, and after a mistake. Example is a good name for one.
func (c *checker) written(key, example string, s setting) string {
	if s.value == "" {
		return ""
	}
	path := beside(s.at, s.value)
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir() || strings.HasSuffix(s.value, "/"):
		c.reject(s.at, "Invalid "+key, "%s names a directory, %s. Name a file in it, such as %q.", key, path, filepath.Join(s.value, example))
		return ""
	case err == nil && !info.Mode().IsRegular():
		c.reject(s.at, "Invalid "+key, "%s is no regular file, and weir writes one in its place. Choose another name, or remove the key for none.", path)
		return ""
	}
	c.directory(s, path, key)
	return path
}

// directory warns if nothing is where weir is to make the file at path.
func (c *checker) directory(s setting, path, what string) {
	dir := filepath.Dir(path)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		c.warn(s.at, "No such directory",
			"There is no directory %s, and weir does not make it: without it, there can be no %s. Relative paths start from the directory of the configuration file.", dir, what)
	}
}
