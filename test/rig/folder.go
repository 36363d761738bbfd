package rig

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// A Folder of service files is the simplest catalog: each instance is a file.
type Folder struct{ Dir string }

// NewFolder is one without instances.
func NewFolder(t testing.TB) Folder { return Folder{t.TempDir()} }

// Put registers the backend as an instance of the service, or changes its weight. Its ID is
// InstanceID's.
func (f Folder) Put(t testing.TB, service string, b *Backend, weight int) {
	t.Helper()
	replace(t, f.path(service, b.Name), fmt.Appendf(nil, `service {
  name    = %q
  id      = %q
  address = %q
  port    = %d
  tags    = [%q]
  weights { passing = %d }
}
`, service, InstanceID(service, b.Name), b.Host, b.Port, Tag, weight), 0o600)
}

// Remove takes the backend out of the service.
func (f Folder) Remove(t testing.TB, service string, b *Backend) {
	t.Helper()
	if err := os.Remove(f.path(service, b.Name)); err != nil {
		t.Fatal(err)
	}
}

func (f Folder) path(service, backend string) string {
	return filepath.Join(f.Dir, InstanceID(service, backend)+".hcl")
}

// InstanceID is the backend's in that service. IDs are unique in a folder.
func InstanceID(service, backend string) string { return service + "-" + backend }

// Tag is one that every instance of a folder bears.
const Tag = "blue"
