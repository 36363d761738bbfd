//go:build !linux

package consul

import (
	"os"
	"syscall"
)

// dieWithParent has no means outside Linux: an agent outlives a test binary that panics.
func dieWithParent() *syscall.SysProcAttr { return nil }

// awaitStopped has no means outside Linux: the agent may answer for another moment.
func awaitStopped(*os.Process) error { return nil }
