package rig

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Memory is weir's resident memory in bytes. Where there is no /proc, the test is skipped.
func (w *Weir) Memory(t testing.TB) int {
	t.Helper()
	b, err := os.ReadFile(w.proc("status"))
	if err != nil {
		t.Skip("no /proc here: ", err)
	}
	for l := range strings.Lines(string(b)) {
		var kib int
		if _, err := fmt.Sscanf(l, "VmRSS: %d kB", &kib); err == nil {
			return kib << 10
		}
	}
	t.Fatal("no VmRSS in status")
	return 0
}

// Descriptors is how many weir has open. Where there is no /proc, the test is skipped.
func (w *Weir) Descriptors(t testing.TB) int {
	t.Helper()
	fds, err := os.ReadDir(w.proc("fd"))
	if err != nil {
		t.Skip("no /proc here: ", err)
	}
	return len(fds)
}

func (w *Weir) proc(name string) string {
	return filepath.Join("/proc", fmt.Sprint(w.cmd.Process.Pid), name)
}
