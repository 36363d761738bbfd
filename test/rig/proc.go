package rig

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Pid is the process that serves: the newest generation that has taken over.
func (w *Weir) Pid() int {
	text, _ := os.ReadFile(w.PIDFile())
	if pid, err := strconv.Atoi(string(bytes.TrimSpace(text))); err == nil {
		return pid
	}
	return w.cmd.Process.Pid
}

// Signal sends it to the process that serves.
func (w *Weir) Signal(t testing.TB, signal syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(w.Pid(), signal); err != nil {
		t.Fatalf("send %v: %v", signal, err)
	}
}

// Generations are the processes that live, oldest first.
func (w *Weir) Generations() (pids []int) {
	all, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range all {
		text, _ := os.ReadFile(path)
		_, fields, _ := bytes.Cut(text, []byte(") ")) // after the name, in which may be anything
		var state string
		var parent, group int
		if n, _ := fmt.Sscan(string(fields), &state, &parent, &group); n == 3 && group == w.cmd.Process.Pid && state != "Z" {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids
}

// Memory is the resident memory in bytes of the process that serves. Where there is no /proc, the
// test is skipped, as in the following.
func (w *Weir) Memory(t testing.TB) int { return w.status(t, "VmRSS") << 10 }

// Threads is how many it has.
func (w *Weir) Threads(t testing.TB) int { return w.status(t, "Threads") }

func (w *Weir) status(t testing.TB, key string) (n int) {
	t.Helper()
	b, err := os.ReadFile(w.proc("status"))
	if err != nil {
		t.Skip("no /proc here: ", err)
	}
	for l := range strings.Lines(string(b)) {
		if _, err := fmt.Sscanf(l, key+": %d", &n); err == nil {
			return n
		}
	}
	t.Fatalf("no %s in status", key)
	return 0
}

// Descriptors is how many it has open.
func (w *Weir) Descriptors(t testing.TB) int {
	t.Helper()
	fds, err := os.ReadDir(w.proc("fd"))
	if err != nil {
		t.Skip("no /proc here: ", err)
	}
	return len(fds)
}

// DescriptorKinds is how many of each kind there are.
func (w *Weir) DescriptorKinds() string {
	kinds := Failures{}
	links, _ := filepath.Glob(filepath.Join(w.proc("fd"), "*"))
	for _, link := range links {
		target, _ := os.Readlink(link)
		kind, _, _ := strings.Cut(target, ":[")
		kinds[kind]++
	}
	return kinds.String()
}

func (w *Weir) proc(name string) string {
	return filepath.Join("/proc", fmt.Sprint(w.Pid()), name)
}
