package session

import (
	"net/netip"
	"sync"
)

// clients counts a listener's sessions by the client's address.
type clients struct {
	mu   sync.Mutex // guards open; held for no I/O
	open map[netip.Prefix]int
}

// enter counts a client in, unless it has that many already.
func (c *clients) enter(addr netip.Addr, most int) bool {
	who := household(addr)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[who] >= most {
		return false
	}
	if c.open == nil {
		c.open = make(map[netip.Prefix]int)
	}
	c.open[who]++
	return true
}

func (c *clients) leave(addr netip.Addr) {
	who := household(addr)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[who]--; c.open[who] <= 0 {
		delete(c.open, who)
	}
}

// household is what counts as one client: of IPv6 a network has 2^64 addresses to choose from.
func household(addr netip.Addr) netip.Prefix {
	bits := 32
	if addr = addr.Unmap(); addr.Is6() {
		bits = 64
	}
	p, _ := addr.WithZone("").Prefix(bits)
	return p
}
