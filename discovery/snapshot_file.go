package discovery

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// A snapshotFile is the path of a file that is always whole: each write makes a new file beside
// it, and puts that in its place. If it is a link, that stays, and what it leads to is replaced.
type snapshotFile string

const (
	maxSnapshot = 256 << 20 // bytes; 100,000 instances take about 15 MB
	// What a killed process left half written is removed at this age. Younger ones may belong to
	// a process that is at it; should an older one too, it fails to rename it and tries again.
	halfWritten = time.Minute

	refusedSuffix = ".refused" // a file that was of no use, for who wants to know why
)

func (f snapshotFile) read() ([]byte, error) {
	info, err := os.Stat(string(f))
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular(): // to read a pipe may take for ever
		return nil, errIrregular
	case info.Size() > maxSnapshot:
		return nil, fmt.Errorf("it has more than %d MB", maxSnapshot>>20)
	}
	return os.ReadFile(string(f))
}

var errIrregular = errors.New("it is no regular file")

// write replaces the file. With aside, the old one is kept beside it.
func (f snapshotFile) write(content []byte, aside bool) error {
	path, err := f.place()
	if err != nil {
		return err
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return errIrregular
	}
	dir, name := split(path)
	file, err := os.CreateTemp(dir, "."+name+".*.tmp") // that only its owner may read
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err == nil {
		err = file.Sync() // the rename may reach the disk first: a power cut would leave an empty file
	}
	err = errors.Join(err, file.Close())
	if err == nil && aside {
		err = os.Rename(path, path+refusedSuffix)
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		os.Remove(file.Name())
	}
	return err
}

// clean removes what processes that were killed left half written.
func (f snapshotFile) clean() {
	path, err := f.place()
	if err != nil {
		return
	}
	dir, name := split(path)
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		number, ok := strings.CutPrefix(e.Name(), "."+name+".")
		if !ok {
			continue
		}
		number, ok = strings.CutSuffix(number, ".tmp")
		if !ok || number == "" || strings.Trim(number, "0123456789") != "" {
			continue
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > halfWritten {
			os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// place follows the path's links, of which the last may lead to nothing yet.
func (f snapshotFile) place() (string, error) {
	path := string(f)
	for range 40 { // as many as the system follows
		to, err := os.Readlink(path)
		if err != nil { // no link
			return path, nil
		}
		if !filepath.IsAbs(to) {
			dir, _ := split(path)
			to = dir + to
		}
		path = to
	}
	return "", &fs.PathError{Op: "follow", Path: string(f), Err: syscall.ELOOP}
}

// split cleans nothing: where the directory is a link, its ".." is elsewhere.
func split(path string) (dir, name string) {
	if dir, name = filepath.Split(path); dir == "" {
		dir = "./"
	}
	return dir, name
}
