package upgrade

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// What a new process finds, beside standard input and output.
const (
	controlFD = 3 // the control channel
	stderrFD  = 4 // what standard error is to be once it serves
	firstFD   = 5 // the channels to older generations, then the sockets
)

// variable tells a process that it was started to take over, and by which descriptor it learns more.
const variable = "WEIR_UPGRADE"

// spawn starts the program with these for its descriptors 0, 1, 2 and so on. They are given as they
// are: os.File.Fd, which os.StartProcess calls, makes a socket blocking for all processes that share it.
func spawn(r *Reaper, o Options, descriptors []int) (*child, error) {
	attr := &syscall.ProcAttr{
		Env:   append(ownEnvironment(o.Env), variable+"="+strconv.Itoa(controlFD)),
		Files: make([]uintptr, len(descriptors)),
	}
	for i, fd := range descriptors {
		attr.Files[i] = uintptr(fd)
	}
	fork := func(sys *syscall.SysProcAttr) (int, error) {
		attr.Sys = sys
		return syscall.ForkExec(o.Path, append([]string{o.Path}, o.Args...), attr)
	}
	if notifies() && os.Getpid() != 1 { // process 1 has no parent, and is the one to wait
		return startSibling(fork)
	}
	return r.start(func() (int, error) { return fork(nil) })
}

// ownEnvironment leaves out what was meant for another process.
func ownEnvironment(env []string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return name == variable || strings.HasPrefix(name, "LISTEN_") // of socket activation: the sockets are in the manifest
	})
}
