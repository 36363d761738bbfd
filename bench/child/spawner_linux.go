// Package child starts the benchmark's processes so that they all end with it,
// and apart from everything else on the machine where that is allowed.
package child

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// A Spawner starts processes from one thread that lasts as long as the program:
// the kernel ends a child with the thread that started it, and gives it that
// thread's network namespace.
type Spawner struct {
	Isolated bool // the children have a network namespace of their own
	work     chan func()
}

// NewSpawner makes a network namespace with a loopback device of its own where
// that is allowed (root), unless shared is wanted.
func NewSpawner(shared bool) (*Spawner, error) {
	s := &Spawner{work: make(chan func())}
	ready := make(chan error)
	go s.run(shared, ready)
	return s, <-ready
}

func (s *Spawner) run(shared bool, ready chan<- error) {
	runtime.LockOSThread() // for good
	if !shared && unix.Unshare(unix.CLONE_NEWNET) == nil {
		s.Isolated = true
		if err := furnish(); err != nil {
			ready <- err
			return
		}
	}
	ready <- nil
	for f := range s.work {
		f()
	}
}

// furnish makes a fresh network namespace usable.
func furnish() error {
	if err := raise("lo"); err != nil {
		return fmt.Errorf("set up loopback: %w", err)
	}
	// More ports for clients than by default: a connection that has ended keeps its
	// own for a minute. Where it isn't allowed, the default will do.
	os.WriteFile("/proc/sys/net/ipv4/ip_local_port_range", []byte("30000 65535"), 0)
	return nil
}

func raise(device string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq(device)
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP)
	return os.NewSyscallError("ioctl", unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request))
}

// Do calls f on the spawner's thread, and so within the children's network namespace.
func (s *Spawner) Do(f func() error) error {
	result := make(chan error)
	s.work <- func() { result <- f() }
	return <-result
}

// Start starts a command that gets the signal when this program dies, by
// whatever cause. It is in a process group of its own: Ctrl-C is for us alone.
func (s *Spawner) Start(cmd *exec.Cmd, onDeath syscall.Signal) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: onDeath, Setpgid: true}
	return s.Do(cmd.Start)
}
