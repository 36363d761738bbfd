package outages

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"weir/test/rig"
)

// A folder of service files is a catalog: one file for each backend.
type folder struct {
	dir      string
	backends map[string]*rig.Backend
	publish  func() error // makes the folder's content the files
	version  int
}

func filesWorld(t *testing.T) *world {
	f := newFolder(t)
	f.publish = f.rename
	return &world{catalog: f, folder: f}
}

// configMapWorld has a folder as Kubernetes mounts a config map: each file is a link to one of its
// name in ..data, which is a link to a folder that is another one with each change.
func configMapWorld(t *testing.T) *world {
	f := newFolder(t)
	f.publish = f.swap
	return &world{catalog: f, folder: f}
}

func newFolder(t *testing.T) *folder {
	f := &folder{dir: filepath.Join(t.TempDir(), "services.d"), backends: map[string]*rig.Backend{}}
	if err := os.Mkdir(f.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *folder) block() string { return "files" }

func (f *folder) keys() string { return fmt.Sprintf("  dir = %q\n", f.dir) }

func (f *folder) add(_ context.Context, b *rig.Backend) error {
	f.backends[b.Name] = b
	return f.publish()
}

func (f *folder) remove(_ context.Context, b *rig.Backend) error {
	delete(f.backends, b.Name)
	return f.publish()
}

// files are the definitions by file name.
func (f *folder) files() map[string]string {
	texts := map[string]string{}
	for name, b := range f.backends {
		texts[name+".hcl"] = fmt.Sprintf("service {\n  id      = %q\n  name    = \"web\"\n  address = %q\n  port    = %d\n}\n", name, b.Host, b.Port)
	}
	return texts
}

// rename replaces each file at once, and removes those that are too many.
func (f *folder) rename() error {
	files := f.files()
	for name, text := range files {
		temp := filepath.Join(f.dir, "."+name)
		if err := os.WriteFile(temp, []byte(text), 0o600); err != nil {
			return err
		}
		if err := os.Rename(temp, filepath.Join(f.dir, name)); err != nil {
			return err
		}
	}
	return f.prune(files)
}

// swap does what Kubernetes does, in its order.
func (f *folder) swap() error {
	const data = "..data"
	f.version++
	in := func(name string) string { return filepath.Join(f.dir, name) }
	old, _ := os.Readlink(in(data))
	next := fmt.Sprintf("..version_%d", f.version)
	if err := os.Mkdir(in(next), 0o700); err != nil {
		return err
	}
	files := f.files()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(in(next), name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	if err := os.Symlink(next, in("..data_tmp")); err != nil {
		return err
	}
	if err := os.Rename(in("..data_tmp"), in(data)); err != nil {
		return err
	}
	for name := range files {
		if err := os.Symlink(filepath.Join(data, name), in(name)); err != nil && !os.IsExist(err) {
			return err
		}
	}
	if err := f.prune(files); err != nil || old == "" {
		return err
	}
	return os.RemoveAll(in(old))
}

// prune removes definition files that are no longer wanted.
func (f *folder) prune(wanted map[string]string) error {
	found, err := filepath.Glob(filepath.Join(f.dir, "[^.]*.hcl"))
	if err != nil {
		return err
	}
	for _, path := range found {
		if _, ok := wanted[filepath.Base(path)]; ok {
			continue
		}
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return nil
}
