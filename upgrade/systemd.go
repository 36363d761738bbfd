package upgrade

import (
	"fmt"
	"os"
	"strconv"

	"github.com/coreos/go-systemd/v22/activation"
	"github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/sys/unix"
)

// What systemd is told. Without systemd, or with another Type= than notify, nothing is.

// NotifyReady says that this process serves, after its start, a reload or an upgrade.
func NotifyReady() error { return notify(daemon.SdNotifyReady) }

// NotifyReloading says that what is said with NotifyReady doesn't hold until it is said again.
func NotifyReloading() error {
	now, err := monotonicUsec()
	if err != nil {
		return fmt.Errorf("clock: %w", err)
	}
	return notify(daemon.SdNotifyReloading + "\nMONOTONIC_USEC=" + strconv.FormatInt(now, 10))
}

// NotifyStopping says that the service ends.
func NotifyStopping() error { return notify(daemon.SdNotifyStopping) }

// NotifySuccessor says that another process, which serves, is the service's main one. The main one
// says so itself, before it ends: systemd listens to no other, and never sees a service without.
func NotifySuccessor(pid int) error {
	return notify("MAINPID=" + strconv.Itoa(pid) + "\n" + daemon.SdNotifyReady)
}

// notifies reports whether somebody wants to be told.
func notifies() bool { return os.Getenv("NOTIFY_SOCKET") != "" }

func notify(state string) error {
	if _, err := daemon.SdNotify(false, state); err != nil {
		return fmt.Errorf("notify systemd: %w", err)
	}
	return nil
}

// Activated returns the sockets that systemd passed to this process, and what is wrong with those that
// can't be served. The caller owns them. It is called once.
func Activated() (sockets []Socket, errs []error) {
	for _, file := range activation.Files(true) {
		s, err := adopt(file)
		if err != nil {
			errs = append(errs, fmt.Errorf("socket activation: %s: %w", file.Name(), err))
			continue
		}
		sockets = append(sockets, s)
	}
	return sockets, errs
}

// adopt closes the file, for a descriptor that no garbage collection closes.
func adopt(file *os.File) (Socket, error) {
	defer file.Close()
	raw, err := file.SyscallConn()
	if err != nil {
		return Socket{}, err
	}
	fd, dupErr := -1, error(nil)
	if err := raw.Control(func(from uintptr) { fd, dupErr = unix.FcntlInt(from, unix.F_DUPFD_CLOEXEC, 0) }); err != nil {
		return Socket{}, err
	}
	if dupErr != nil {
		return Socket{}, os.NewSyscallError("fcntl", dupErr)
	}
	s, err := describe(fd)
	if err != nil {
		unix.Close(fd)
	}
	return s, err
}
