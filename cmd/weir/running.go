package main

import (
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"

	"weir/config"
)

// A running is a weir that serves, as another process finds it.
type running struct {
	pid     int
	process *os.Process
	results string // path of the file
}

// findRunning finds the weir that runs with the configuration.
func findRunning(conf *config.Config) (*running, error) {
	path := conf.Process.PIDFile
	if path == "" {
		return nil, errors.New(`the configuration has no pid_file to find the running weir by: add process { pid_file = "/run/weir/weir.pid" }, restart it once, or send the signal yourself`)
	}
	pid, err := readPIDFile(path)
	if err != nil {
		return nil, err
	}
	process, err := os.FindProcess(pid)
	if err != nil {
		return nil, err
	}
	r := &running{pid: pid, process: process, results: resultFile(path)}
	switch err := process.Signal(syscall.Signal(0)); {
	case errors.Is(err, syscall.EPERM):
		return nil, fmt.Errorf("process %d of %s is another user's: run this as that user, or as root", pid, path)
	case err != nil:
		return nil, fmt.Errorf("%s is stale: process %d, which it names, has ended without removing it", path, pid)
	case !isWeir(pid):
		return nil, fmt.Errorf("%s is stale: process %d, which it names, isn't weir", path, pid)
	}
	return r, nil
}

// isWeir reports whether the process is one that runs weir, whatever the file is called. Where that
// can't be told, it is believed.
func isWeir(pid int) bool {
	if runtime.GOOS != "linux" {
		return true
	}
	proc := fmt.Sprintf("/proc/%d/", pid)
	command, err := os.ReadFile(proc + "cmdline")
	if err != nil || !strings.Contains(string(command), "\x00run\x00") {
		return false
	}
	other, err := buildinfo.ReadFile(proc + "exe")
	if errors.Is(err, os.ErrPermission) { // it has capabilities that we have not
		return true
	}
	self, errSelf := buildinfo.ReadFile("/proc/self/exe")
	return err == nil && (errSelf != nil || other.Path == self.Path)
}

// await returns what the running weir, or its successor, made of a signal sent at that time.
func (r *running) await(ctx context.Context, action string, sent time.Time) (result, error) {
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		gone := errors.Is(r.process.Signal(syscall.Signal(0)), os.ErrProcessDone)
		last := readResult(r.results)
		switch {
		case last.Action == action && answers(last, sent):
			return last, nil
		case gone:
			return result{}, fmt.Errorf("process %d has ended; its log says why", r.pid)
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return result{}, fmt.Errorf("process %d got the signal, but left no result in %s; its log says more", r.pid, r.results)
		}
	}
}

// answers reports whether a result is of what was asked for at that time. A reload that had begun
// before may have read what was there before, and is followed by another one. An upgrade that
// had begun is the one that is under way.
func answers(r result, sent time.Time) bool {
	if r.Action == actionReload {
		return !r.Began.Before(sent)
	}
	return !r.At.Before(sent)
}
