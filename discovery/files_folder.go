package discovery

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/hcl/v2"
)

// folder remembers the definition files of the last scan, so that a bad file
// keeps its last good content and is complained of once. It has one user.
type folder struct {
	dir   string
	log   hclog.Logger
	files map[string]*file // by name
	ever  bool             // it could be read once
	said  string           // why the folder can't be read, as last logged; "" if it can
}

func newFolder(dir string, log hclog.Logger) *folder {
	return &folder{dir: dir, log: log, files: map[string]*file{}}
}

// failed reports whether the last scan could not read the folder.
func (f *folder) failed() bool { return f.said != "" }

// scan returns the definitions in force. It is false when the folder can't be
// read: then what was stays in force.
func (f *folder) scan() ([]definition, bool) {
	names, err := f.list()
	if err != nil {
		if f.said != err.Error() {
			f.said = err.Error()
			message := "folder can't be read, waiting for it"
			if f.ever {
				message = "folder can't be read, its last good content stays in force"
			}
			f.log.Error(message, "dir", f.dir, "error", err)
		}
		return nil, false
	}
	if f.failed() {
		f.said = ""
		f.log.Info("folder can be read again", "dir", f.dir)
	}
	f.ever = true
	var all []definition
	owned := map[string]hcl.Range{} // IDs in force: the first file by name has them
	for _, name := range names {
		file := f.files[name]
		if file == nil {
			file = newFile(filepath.Join(f.dir, name), f.log)
			f.files[name] = file
		}
		if !file.read() {
			delete(f.files, name)
			continue
		}
		for _, def := range file.settle(owned) {
			owned[def.instance.Service] = def.at
			all = append(all, def)
		}
	}
	return all, true
}

// list names the definition files in order, and forgets those that are gone.
func (f *folder) list() ([]string, error) {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, e := range entries {
		if isDefinitionFile(e.Name()) {
			names[e.Name()] = true
		}
	}
	for name, file := range f.files {
		// A listing may miss an entry that is renamed meanwhile.
		if !names[name] && gone(file.path) {
			f.log.Debug("definition file removed", "file", file.path)
			delete(f.files, name)
		} else {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names)), nil
}

// isDefinitionFile leaves out what editors and tools lay beside their files:
// hidden ones (.web.hcl.swp, ..data) and those that end in ~, .swp or .tmp.
func isDefinitionFile(name string) bool {
	ext := strings.ToLower(filepath.Ext(name))
	return !strings.HasPrefix(name, ".") && (ext == ".hcl" || ext == ".json")
}

// gone reports whether there surely is no such file, nor a link of that name.
func gone(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}
