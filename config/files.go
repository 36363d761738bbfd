package config

import "os"

// files reads a files block.
func (c *checker) files(raw *rawFiles) *Files {
	dir, at := "services.d", raw.At
	if raw.Dir != nil {
		dir, at = *raw.Dir, raw.DirAt
	}
	if c.failed(raw.DirAt) {
		return &Files{}
	}
	if dir == "" {
		c.reject(at, "Invalid dir", `The folder of the service files is missing. Write one, such as "services.d".`)
		return &Files{}
	}
	path := beside(at, dir)
	info, err := os.Stat(path)
	switch {
	case err != nil && os.IsNotExist(err):
		c.reject(at, "No such directory",
			"There is no directory %s. Make it, empty if need be, or name another; relative paths start from the directory of the configuration file.", path)
	case err != nil:
		c.reject(at, "Invalid dir", "The directory can't be opened: %v.", err)
	case !info.IsDir():
		c.reject(at, "Invalid dir", "%s is not a directory. Name the folder that holds the service files.", path)
	}
	return &Files{Dir: path}
}
