package proxy

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// longestPath is how many bytes the kernel takes for a unix socket's path, less the zero.
const longestPath = 107

// bindPath takes a path. A file that is left of a process that is gone is replaced.
func bindPath(addr Address) (*socket, error) {
	if n := len(addr.Path); n > longestPath {
		return nil, fmt.Errorf("the path has %d bytes, a unix socket's may have %d", n, longestPath)
	}
	family, sa := addr.network()
	s, err := newSocket(family, addr)
	if err != nil {
		return nil, err
	}
	err = syscall.Bind(s.fd, sa)
	if errors.Is(err, syscall.EADDRINUSE) {
		if err = removeStale(addr); err == nil {
			err = syscall.Bind(s.fd, sa)
		}
	}
	if err == nil {
		s.file, err = os.Lstat(addr.Path)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// removeStale removes a socket's file where nobody listens.
func removeStale(addr Address) error {
	there, err := os.Lstat(addr.Path)
	if err != nil {
		return err
	}
	if there.Mode().Type() != fs.ModeSocket {
		return errors.New("a file is there that isn't a socket")
	}
	family, sa := addr.network()
	probe, err := newSocket(family, addr)
	if err != nil {
		return err
	}
	defer probe.close()
	err = syscall.Connect(probe.fd, sa)
	if !errors.Is(err, syscall.ECONNREFUSED) { // it was taken, or the queue is full: somebody listens
		return syscall.EADDRINUSE
	}
	return os.Remove(addr.Path)
}
