package load

import (
	"fmt"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// socket makes a connection's descriptor, set as every client's is: no delay,
// so that a message leaves at once.
func socket(flags int) (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|flags, 0)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		unix.Close(fd)
		return -1, os.NewSyscallError("setsockopt", err)
	}
	return fd, nil
}

// dial connects, waits for it, and returns a descriptor that won't block any more.
func dial(addr unix.Sockaddr) (int, error) {
	fd, err := socket(0)
	if err != nil {
		return -1, err
	}
	patience := unix.NsecToTimeval((5 * time.Second).Nanoseconds())
	unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &patience) // bounds connect too
	for {
		if err = unix.Connect(fd, addr); err != unix.EINTR {
			break
		}
	}
	if err == nil || err == unix.EISCONN {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		unix.Close(fd)
		return -1, os.NewSyscallError("connect", err)
	}
	return fd, nil
}

// resolve turns "127.0.0.1:8080" into what the kernel takes.
func resolve(addrs []string) ([]unix.Sockaddr, error) {
	var list []unix.Sockaddr
	for _, text := range addrs {
		addr, err := netip.ParseAddrPort(text)
		if err != nil || !addr.Addr().Is4() {
			return nil, fmt.Errorf("address %q is not IPv4 and port", text)
		}
		list = append(list, &unix.SockaddrInet4{Addr: addr.Addr().As4(), Port: int(addr.Port())})
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("no address to connect to")
	}
	return list, nil
}

// failure returns what the kernel knows is wrong with a socket.
func failure(fd int) error {
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return err
	}
	if code != 0 {
		return unix.Errno(code)
	}
	return nil
}
