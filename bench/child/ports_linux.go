package child

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Ports below those that the kernel hands to clients. A balancer gets a fresh
// one each time, so that connections just ended are in nobody's way.
const (
	firstPort = 10_000
	lastPort  = 29_999
)

// Ports gives out free ports of the children's loopback.
type Ports struct {
	spawner *Spawner
	last    int
}

// NewPorts begins where a benchmark started at the same time by another won't.
func NewPorts(s *Spawner) *Ports {
	return &Ports{s, firstPort + os.Getpid()%(lastPort-firstPort)}
}

// Next returns the next port that nobody has.
func (p *Ports) Next() (int, error) {
	for range lastPort - firstPort + 1 {
		if p.last++; p.last > lastPort {
			p.last = firstPort
		}
		if p.spawner.Do(func() error { return free(p.last) }) == nil {
			return p.last, nil
		}
	}
	return 0, fmt.Errorf("no free port from %d to %d", firstPort, lastPort)
}

func free(port int) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Bind(fd, &unix.SockaddrInet4{Port: port})
}
