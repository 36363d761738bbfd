// Package rig is what tests need that run weir as its users do: the built binary and its log over
// reloads and upgrades, backends that are processes of their own and really die, a steady load of new
// connections, and long-lived ones that talk all the time.
package rig

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

// built is the weir under test, built once by Main.
var built string

// Main is the TestMain of a package that uses this one, and returns the exit code: backends and
// other processes of the rig are the same test binary, run once more.
func Main(m *testing.M) int {
	if name := os.Getenv(backendEnv); name != "" {
		return serveBackend(name)
	}
	switch os.Getenv(roleEnv) {
	case wardenRole:
		return serveWarden()
	case crowdRole:
		return serveCrowd()
	}
	dir, err := os.MkdirTemp("", "weir-rig-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	stop, err := startWarden()
	if err != nil {
		fmt.Fprintln(os.Stderr, "start the warden:", err)
		return 1
	}
	defer stop()
	built = filepath.Join(dir, "weir")
	args := []string{"build", "-o", built}
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

// roleEnv says which process of the rig this is, unless it is a backend or the test.
const roleEnv = "WEIR_RIG_ROLE"

// inRole is a command that runs the test binary as another process of the rig.
func inRole(role string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleEnv+"="+role)
	cmd.Stderr = os.Stderr
	return cmd
}
