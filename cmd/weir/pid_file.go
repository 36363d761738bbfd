package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// writePIDFile lets others find this process.
func (l *life) writePIDFile() {
	path := l.process().PIDFile
	if path == "" {
		return
	}
	if err := replaceFile(path, strconv.Itoa(os.Getpid())+"\n"); err != nil {
		l.log.Error("no pid file", "error", err)
		return
	}
	l.pidFile = path
}

// movePIDFile follows a reload.
func (l *life) movePIDFile() {
	if l.pidFile == l.process().PIDFile {
		return
	}
	l.removePIDFile()
	l.writePIDFile()
}

// removePIDFile leaves one alone that is another process's by now.
func (l *life) removePIDFile() {
	path := l.pidFile
	l.pidFile = ""
	if path == "" {
		return
	}
	if pid, err := readPIDFile(path); err == nil && pid == os.Getpid() {
		l.warn("pid file not removed", os.Remove(path))
	}
}

// readPIDFile returns the pid in the file.
func readPIDFile(path string) (int, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("%s doesn't exist: weir isn't running with this configuration, or not serving yet", path)
	}
	if err != nil {
		return 0, err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 0 {
		return 0, fmt.Errorf("%s has %q where the number of a process should be", path, text[:min(len(text), 40)])
	}
	return pid, nil
}

// replaceFile writes a file that is never seen half written, readable for all.
func replaceFile(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	err = cmp.Or(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
