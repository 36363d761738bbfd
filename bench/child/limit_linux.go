package child

import (
	"fmt"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// Exec turns this process into the command, with at most so many descriptors:
// all balancers get the same limit, whatever the machine would allow. The
// command still gets the signal when the benchmark dies.
func Exec(descriptors uint64, onDeath syscall.Signal, argv []string) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return os.NewSyscallError("getrlimit", err)
	}
	limit.Max = min(limit.Max, descriptors)
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return os.NewSyscallError("setrlimit", err)
	}
	// The signal belongs to a thread, and the one that calls exec is the one that
	// goes on: it needn't be that for which Start asked.
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(onDeath), 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl", err)
	}
	return fmt.Errorf("exec %s: %w", argv[0], syscall.Exec(argv[0], argv, os.Environ()))
}
