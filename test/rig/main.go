// Package rig is what tests need that run weir as its users do: the built binary and its log, backends
// that are processes of their own and really die, a steady load of new connections, and long-lived
// ones that talk all the time.
package rig

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

// binary is the weir under test, built once by Main.
var binary string

// Main is the TestMain of a package that uses this one, and returns the exit code: backends are the
// same test binary, run once more.
func Main(m *testing.M) int {
	if name := os.Getenv(backendEnv); name != "" {
		return serveBackend(name)
	}
	dir, err := os.MkdirTemp("", "weir-rig-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "weir")
	args := []string{"build", "-o", binary}
	if Race {
		args = append(args, "-race")
	}
	build := exec.Command("go", append(args, "weir/cmd/weir")...)
	build.Stdout, build.Stderr = os.Stdout, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build weir:", err)
		return 1
	}
	code := m.Run()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return code
}
