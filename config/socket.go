package config

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

const (
	unixPrefix = "unix:"
	// What the kernel takes of a path (unix(7), sun_path), but for the zero behind it.
	longestPath = 107

	abstract = `A socket without a file, written as "@name", can't be listened on: there is no say in who may use it. Write a path, such as "unix:/run/weir/web.sock".`
)

// socket reads the path of a Unix socket and makes it absolute; it is empty after a mistake.
func (c *checker) socket(written string, at hcl.Range) string {
	refuse := func(detail string, args ...any) string {
		c.reject(at, "Invalid bind", detail, args...)
		return ""
	}
	switch {
	case written == "":
		return refuse(`The path of the Unix socket is missing. Write one, as in "unix:/run/weir/web.sock".`)
	case strings.HasPrefix(written, "@"):
		return refuse(abstract)
	case strings.HasPrefix(written, "//") && !strings.HasPrefix(written, "///"):
		return refuse("A path follows unix: at once. Write %q.", unixPrefix+strings.TrimPrefix(written, "/"))
	case strings.ContainsRune(written, 0):
		return refuse("A path has no zero byte. Remove what stands for it.")
	}
	path, err := filepath.Abs(beside(at, written))
	if err != nil {
		return refuse("The directory that %q starts from can't be found: %v. Write a path from the root.", written, err)
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir() || strings.HasSuffix(written, "/"):
		return refuse("%q names a directory. Name a socket in it, such as %q.", written, unixPrefix+filepath.Join(written, "web.sock"))
	case err == nil && info.Mode()&fs.ModeSocket == 0:
		return refuse("There is a file %q, which is no socket, and weir does not remove it. Choose another path, or remove the file.", written)
	}
	if len(path) > longestPath {
		return refuse("The path %s has %d bytes, and that of a Unix socket may have %d. Choose a shorter one, such as %q.",
			path, len(path), longestPath, unixPrefix+"/run/weir/web.sock")
	}
	c.directory(setting{at: at}, path, "socket")
	return path
}
