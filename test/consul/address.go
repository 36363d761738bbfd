package consul

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"runtime"
	"slices"
)

// ports of one agent, all on its own IP.
type ports struct {
	HTTP, HTTPS, Server, SerfLAN, SerfWAN int
}

// loopback picks an address for one agent. On Linux the whole of 127/8 is there without any setup,
// and one address out of sixteen million each keeps test packages that run at once apart.
// Elsewhere only 127.0.0.1 is sure to exist, and the ports alone have to do.
func loopback() netip.Addr {
	if runtime.GOOS != "linux" {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	// 1..254 each: no network or broadcast address, and never 127.0.0.1 itself.
	part := func() byte { return byte(1 + rand.IntN(254)) }
	return netip.AddrFrom4([4]byte{127, part(), part(), part()})
}

// freePorts picks different ports on ip that are free for TCP and UDP. They lie below the range
// that systems hand out to outgoing connections, so they stay free while an agent is down.
func freePorts(ip netip.Addr) (ports, error) {
	const first, last = 10_000, 29_999
	var found []int
	for range 1000 { // tries; nearly every port is free
		port := first + rand.IntN(last-first+1)
		if !free(ip, port) || slices.Contains(found, port) {
			continue
		}
		if found = append(found, port); len(found) == 5 {
			return ports{HTTP: found[0], HTTPS: found[1], Server: found[2], SerfLAN: found[3], SerfWAN: found[4]}, nil
		}
	}
	return ports{}, fmt.Errorf("no free ports on %s between %d and %d", ip, first, last)
}

func free(ip netip.Addr, port int) bool {
	address := netip.AddrPortFrom(ip, uint16(port))
	l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(address))
	if err != nil {
		return false
	}
	defer l.Close()
	u, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(address))
	if err != nil {
		return false
	}
	u.Close()
	return true
}
