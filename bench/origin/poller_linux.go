package origin

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// A poller is a thread that waits for descriptors, level-triggered.
type poller struct{ epoll int }

func newPoller() (*poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	return &poller{fd}, nil
}

func (p *poller) add(fd int, what uint32) error {
	err := unix.EpollCtl(p.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: what, Fd: int32(fd)})
	return os.NewSyscallError("epoll_ctl", err)
}

func (p *poller) remove(fd int) { unix.EpollCtl(p.epoll, unix.EPOLL_CTL_DEL, fd, nil) }

// run hands each ready descriptor to handle, with a buffer that is its own until it returns.
func (p *poller) run(handle func(fd int, what uint32, buffer []byte)) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	buffer := make([]byte, 256<<10)
	events := make([]unix.EpollEvent, 256)
	for {
		n, err := unix.EpollWait(p.epoll, events, -1)
		if err != nil && err != unix.EINTR {
			return os.NewSyscallError("epoll_wait", err)
		}
		for i := range max(n, 0) {
			handle(int(events[i].Fd), events[i].Events, buffer)
		}
	}
}
