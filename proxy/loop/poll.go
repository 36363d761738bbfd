//go:build linux && (amd64 || arm64)

package loop

import (
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// maxEvents is how many are taken from the kernel at once.
	maxEvents = 256
	// spin is how long a wait holds its processor before it tells the Go scheduler,
	// in milliseconds: epoll knows nothing finer. Under load the next event comes
	// sooner, and leaving and entering the scheduler costs more than the event. The
	// garbage collector's stop of the world interrupts the wait by a signal. Where Go
	// has one processor only, all else would wait as well: there it is not done.
	spin = 1
)

// events of a side in edge-triggered mode; EPOLLERR and EPOLLHUP always come.
// EPOLLOUT is added when a write finds no room: with it from the start, each
// registration would report at once that there is.
const sideEvents = unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLPRI | unix.EPOLLET

// A poller waits for events, and can be woken from other threads.
type poller struct {
	epoll  int32
	spin   int         // milliseconds
	wakeUp int32       // an eventfd
	asleep atomic.Bool // in the kernel, or about to be: wake must write
	events [maxEvents]unix.EpollEvent
}

// wakeUpID is the event of the eventfd: no descriptor has this number.
const wakeUpID = -1

func (p *poller) open() error {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("epoll_create1", err)
	}
	event, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		unix.Close(epoll)
		return os.NewSyscallError("eventfd", err)
	}
	p.epoll, p.wakeUp = int32(epoll), int32(event)
	if runtime.GOMAXPROCS(0) > 1 {
		p.spin = spin
	}
	if err := p.control(unix.EPOLL_CTL_ADD, p.wakeUp, unix.EPOLLIN|unix.EPOLLET, wakeUpID, 0); err != 0 {
		p.close()
		return fmt.Errorf("epoll_ctl: %w", err)
	}
	return nil
}

func (p *poller) close() {
	closeFD(p.epoll)
	closeFD(p.wakeUp)
}

// control registers a descriptor, or changes what it is registered for. Its events
// bear id and generation.
func (p *poller) control(op int, fd int32, events uint32, id int32, generation uint32) errno {
	e := unix.EpollEvent{Events: events, Fd: id, Pad: int32(generation)}
	_, _, err := syscall.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(p.epoll), uintptr(op), uintptr(fd), uintptr(unsafe.Pointer(&e)), 0, 0)
	return err
}

// wait returns the events that are there, or come within timeout: negative is for
// ever. Nothing is waited for if ready, which who calls wake sets before.
func (p *poller) wait(timeout time.Duration, ready *atomic.Bool) []unix.EpollEvent {
	if timeout == 0 {
		return p.poll(0)
	}
	p.asleep.Store(true)
	defer p.asleep.Store(false)
	if ready.Load() {
		return p.poll(0)
	}
	if events := p.poll(p.spin); len(events) > 0 {
		return events
	}
	ms := -1
	if timeout > 0 {
		ms = int((timeout + time.Millisecond - 1) / time.Millisecond)
	}
	n, _, err := syscall.Syscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.epoll), uintptr(unsafe.Pointer(&p.events)), maxEvents, uintptr(ms), 0, 0)
	if err != 0 { // EINTR
		return nil
	}
	return p.events[:n]
}

// poll waits without the Go scheduler's knowledge, so for a moment at most.
func (p *poller) poll(ms int) []unix.EpollEvent {
	n, _, err := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.epoll), uintptr(unsafe.Pointer(&p.events)), maxEvents, uintptr(ms), 0, 0)
	if err != 0 { // EINTR: the scheduler wants the processor
		return nil
	}
	return p.events[:n]
}

// wake ends a wait. Anyone may call it.
func (p *poller) wake() {
	if p.asleep.Load() {
		one := uint64(1)
		syscall.RawSyscall(unix.SYS_WRITE, uintptr(p.wakeUp), uintptr(unsafe.Pointer(&one)), unsafe.Sizeof(one))
	}
}
