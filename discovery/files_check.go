package discovery

import (
	"fmt"

	"github.com/hashicorp/go-hclog"
)

// CheckFiles reads a folder of service-definition files once, as Files does.
// Each mistake goes to log with its place; the error counts the bad files.
func CheckFiles(dir string, log hclog.Logger) error {
	f := newFolder(dir, log)
	if _, ok := f.scan(); !ok {
		return fmt.Errorf("folder %s can't be read", dir)
	}
	bad := 0
	for _, file := range f.files {
		if file.said != "" {
			bad++
		}
	}
	if bad > 0 {
		return fmt.Errorf("%s: %d of %d definition files are bad", dir, bad, len(f.files))
	}
	return nil
}
