package upgrade

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// startSibling is Reaper.start for a process that is to be a child of our own parent. Systemd wants it so:
// of a main process that isn't its child it doesn't see the end, and doesn't wait for it when it stops.
func startSibling(fork func(*syscall.SysProcAttr) (int, error)) (*child, error) {
	handle := -1
	pid, err := fork(&syscall.SysProcAttr{Cloneflags: syscall.CLONE_PARENT, PidFD: &handle})
	if err != nil {
		return nil, err
	}
	if handle < 0 {
		syscall.Kill(pid, syscall.SIGKILL)
		return nil, errors.New("this kernel has no pidfd, which Linux 5.2 brought")
	}
	c := newChild(pid)
	if err := unix.SetNonblock(handle, true); err != nil { // so that the runtime waits for it
		unix.PidfdSendSignal(handle, unix.SIGKILL, nil, 0)
		unix.Close(handle)
		return nil, os.NewSyscallError("fcntl", err)
	}
	f := os.NewFile(uintptr(handle), "process")
	raw, err := f.SyscallConn()
	if err != nil {
		unix.PidfdSendSignal(handle, unix.SIGKILL, nil, 0)
		f.Close()
		return nil, err
	}
	c.kill = func() {
		raw.Control(func(fd uintptr) { unix.PidfdSendSignal(int(fd), unix.SIGKILL, nil, 0) })
	}
	c.forget = func() { f.Close() }
	c.watched.Go(func() {
		err := raw.Read(func(fd uintptr) bool {
			n, _ := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
			return n > 0
		})
		if err == nil { // else it was forgotten
			c.end(nil)
		}
	})
	return c, nil
}
