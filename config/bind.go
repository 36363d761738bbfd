package config

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// bind reads the address of a listener, the zero one after a mistake.
func (c *checker) bind(raw *rawListener) Bind {
	written := given(c, raw.Bind, raw.BindAt)
	if written == nil {
		if !c.failed(raw.BindAt) && !misspelt(raw.Body, "bind") {
			c.reject(raw.At, "Missing bind", `Listener %q does not say where to listen. Add bind = "0.0.0.0:8080", for example.`, raw.Name)
		}
		return Bind{}
	}
	if path, found := strings.CutPrefix(*written, unixPrefix); found {
		return Bind{Path: c.socket(path, raw.BindAt)}
	}
	addr, complaint := parseBind(*written)
	if complaint != "" {
		c.reject(raw.BindAt, "Invalid bind", "%s", complaint)
	}
	return Bind{AddrPort: addr}
}

// parseBind reads an IP address and a port; without a host it is the
// wildcard of IPv6, which takes IPv4 too. The complaint says what is wrong and what would be
// right; it is empty if nothing is.
func parseBind(value string) (netip.AddrPort, string) {
	host, port, err := net.SplitHostPort(value)
	ip, ipErr := netip.ParseAddr(host)
	n, portErr := strconv.ParseUint(port, 10, 16)
	switch {
	case strings.HasPrefix(value, "/"):
		return netip.AddrPort{}, fmt.Sprintf("A Unix socket is written as %q.", unixPrefix+value)
	case strings.HasPrefix(value, "@"):
		return netip.AddrPort{}, abstract
	case strings.Contains(value, "://"):
		return netip.AddrPort{}, `An address to listen on has no scheme. Write an IP address and a port, such as "0.0.0.0:8080".`
	case err != nil:
		return netip.AddrPort{}, incomplete(value)
	case portErr != nil:
		return netip.AddrPort{}, fmt.Sprintf("The port is a number from 0 to 65535, not %q. 0 stands for any free port.", port)
	case host == "":
		return netip.AddrPortFrom(netip.IPv6Unspecified(), uint16(n)), ""
	case host == "localhost":
		return netip.AddrPort{}, fmt.Sprintf("A listener is bound to an IP address, not to a name. Write %q (or %q for IPv6).",
			net.JoinHostPort("127.0.0.1", port), net.JoinHostPort("::1", port))
	case ipErr != nil:
		return netip.AddrPort{}, fmt.Sprintf("A listener is bound to an IP address of this machine, and %q is none. Write that address, or %q for all of them.",
			host, net.JoinHostPort("0.0.0.0", port))
	}
	return netip.AddrPortFrom(ip.Unmap(), uint16(n)), zoned(ip, port)
}

// zoned complains if an address has a zone that it can't have, or lacks the one that it must.
func zoned(ip netip.Addr, port string) string {
	linkLocal := ip.Is6() && ip.IsLinkLocalUnicast()
	switch {
	case ip.Zone() != "" && !linkLocal:
		plain := ip.WithZone("").Unmap().String()
		return fmt.Sprintf("Only link-local addresses, those of fe80::/10, have a zone, and %s is none. Write %q.", plain, net.JoinHostPort(plain, port))
	case ip.Zone() == "" && linkLocal:
		return fmt.Sprintf("The link-local address %s may be on any interface. Name the one that is meant, as in %q.", ip, net.JoinHostPort(ip.WithZone("eth0").String(), port))
	}
	return ""
}

// incomplete complains about a value that is not host:port.
func incomplete(value string) string {
	if _, err := strconv.ParseUint(value, 10, 16); err == nil {
		return fmt.Sprintf("A port alone is not enough. Write %q for all addresses of this machine, or an IP address before the colon.", ":"+value)
	}
	if strings.Count(value, ":") > 1 {
		return `An IPv6 address stands in brackets, its port behind them, as in "[::1]:8080".`
	}
	if ip, err := netip.ParseAddr(value); err == nil {
		return fmt.Sprintf("The port is missing. Write %q, for example.", net.JoinHostPort(ip.String(), "8080"))
	}
	return fmt.Sprintf(`%q is not an IP address and a port. Write them as in "0.0.0.0:8080", or the path of a Unix socket as in "unix:/run/weir/web.sock".`, value)
}

// clash reports whether two listeners can't both have their address. The wildcard
// of IPv6 stands for every address, IPv4 too; that of IPv4 only for its own kind.
// Any number may ask for a free port, and a missing address is never in the way.
func clash(a, b Bind) bool {
	if a.Path != "" && b.Path != "" {
		return canonical(a.Path) == canonical(b.Path)
	}
	if p, q := a.AddrPort, b.AddrPort; !p.IsValid() || !q.IsValid() || p.Port() == 0 || p.Port() != q.Port() {
		return false
	}
	x, y := a.AddrPort.Addr(), b.AddrPort.Addr()
	return x == y || x == netip.IPv6Unspecified() || y == netip.IPv6Unspecified() ||
		x.Is4() && y.Is4() && (x.IsUnspecified() || y.IsUnspecified())
}
