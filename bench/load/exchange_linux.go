package load

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"weir/bench/origin"
)

// exchangeSize is a message that asks nothing but its echo.
const exchangeSize = 64

// exchange sends a message and waits for its echo, as long as an overdue operation may take five times.
func exchange(fd int) error {
	if err := sendAll(fd, message(origin.Echo, exchangeSize)); err != nil {
		return err
	}
	return receive(fd)
}

func receive(fd int) error {
	buffer := make([]byte, exchangeSize)
	for got := 0; got < exchangeSize; {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(5*overdue.Milliseconds()))
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return os.NewSyscallError("poll", err)
		case n == 0:
			return fmt.Errorf("no answer")
		}
		n, err = unix.Read(fd, buffer)
		switch {
		case err == unix.EAGAIN || err == unix.EINTR:
		case err != nil:
			return os.NewSyscallError("read", err)
		case n == 0:
			return fmt.Errorf("closed without an answer")
		}
		got += max(n, 0)
	}
	return nil
}
