package upgrade

import (
	"net"
	"net/netip"
	"strconv"
)

// withZone adds the interface of a link-local address, by its name if it has one.
func withZone(addr netip.Addr, index uint32) netip.Addr {
	if index == 0 {
		return addr
	}
	if i, err := net.InterfaceByIndex(int(index)); err == nil {
		return addr.WithZone(i.Name)
	}
	return addr.WithZone(strconv.FormatUint(uint64(index), 10))
}
