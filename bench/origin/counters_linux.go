package origin

import (
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Counters is a page that the origin and its clients share, so that a client can
// read what has arrived at the very moment that it reads its own counters.
type Counters struct {
	Sunk *atomic.Uint64 // bytes that sinks have taken
	page []byte
}

// OpenCounters maps the file, which it makes if need be.
func OpenCounters(path string) (*Counters, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open counters: %w", err)
	}
	defer f.Close()
	size := os.Getpagesize()
	if err := f.Truncate(int64(size)); err != nil {
		return nil, fmt.Errorf("open counters: %w", err)
	}
	page, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map counters: %w", err)
	}
	return &Counters{(*atomic.Uint64)(unsafe.Pointer(&page[0])), page}, nil
}

// Close unmaps them: they must not be used any more.
func (c *Counters) Close() error { return unix.Munmap(c.page) }
