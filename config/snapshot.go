package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// snapshotFile reads where the last known good sets are kept, empty for nowhere.
// Weir makes the file, but not its directory.
func (c *checker) snapshotFile(raw *rawConsul) string {
	s := c.setting(raw.SnapshotFile, raw.SnapshotFileAt, "")
	if s.value == "" {
		return ""
	}
	path := beside(s.at, s.value)
	if info, err := os.Stat(path); err == nil && info.IsDir() || strings.HasSuffix(s.value, "/") {
		c.reject(s.at, "Invalid snapshot_file", "snapshot_file names a directory, %s. Name a file in it, such as %q.", path, filepath.Join(s.value, "weir.snapshot"))
		return ""
	}
	dir := filepath.Dir(path)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		c.warn(s.at, "No such directory",
			"There is no directory %s, and weir does not make it: no snapshot could be written. Relative paths start from the directory of the configuration file.", dir)
	}
	return path
}

// snapshotMaxAge reads how old a snapshot may be and still be used.
func (c *checker) snapshotMaxAge(raw *rawConsul) time.Duration {
	const def = 24 * time.Hour
	age := c.duration("snapshot_max_age", raw.SnapshotMaxAge, raw.SnapshotMaxAgeAt, def, time.Minute)
	nowhere := raw.SnapshotFile == nil || *raw.SnapshotFile == ""
	if age != def && nowhere && !c.failed(raw.SnapshotFileAt) {
		c.warn(raw.SnapshotMaxAgeAt, "Key without effect",
			`snapshot_max_age is for the file that snapshot_file names, and it names none. Add snapshot_file = "weir.snapshot", for example, or remove the key.`)
	}
	return age
}
