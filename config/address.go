package config

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// parseAddress gives the address of Consul its scheme: https where there is none
// and ssl is true, and in place of http if upgrade is. The complaint says what is
// wrong and what would be right; it is empty if nothing is.
func parseAddress(value string, ssl, upgrade bool) (address, complaint string) {
	scheme, rest, found := strings.Cut(value, "://")
	switch {
	case !found && (strings.HasPrefix(value, "/") || strings.HasPrefix(value, "unix:")):
		return "", fmt.Sprintf("A Unix socket is written as \"unix://%s\".", strings.TrimPrefix(value, "unix:"))
	case !found && ssl:
		return "https://" + value, checkHostPort(value)
	case !found:
		return "http://" + value, checkHostPort(value)
	case scheme == "unix" && !strings.HasPrefix(rest, "/"):
		return "", `The path of a Unix socket begins at the root, as in "unix:///run/consul.sock".`
	case scheme == "unix":
		return value, ""
	case scheme != "http" && scheme != "https":
		return "", fmt.Sprintf("The scheme %q is none of http, https and unix.%s", scheme, suggest(scheme, []string{"https", "http", "unix"}))
	case scheme == "http" && upgrade:
		value = "https://" + rest
	}
	return value, checkURL(value)
}

// checkURL complains about what is not scheme, host, port and path prefix.
func checkURL(value string) string {
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Hostname() == "" || strings.ContainsAny(u.Host, " \t"):
		return fmt.Sprintf(`%q is no address. Write host and port, such as "https://127.0.0.1:8501".`, value)
	case u.User != nil:
		return "An address holds no user and password. Consul's secret goes into token or token_file."
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "An address holds no ? and no #. Datacenter, namespace and partition are keys of their own."
	case u.Port() != "":
		return checkPort(u.Port())
	}
	return ""
}

// checkHostPort complains about an address without a scheme that is not host:port.
func checkHostPort(value string) string {
	host, port, err := net.SplitHostPort(value)
	switch {
	case err != nil && strings.Count(value, ":") > 1:
		return `An IPv6 address stands in brackets, its port behind them, as in "[::1]:8500".`
	case err != nil && strings.ContainsAny(value, " \t/:[]"):
		return fmt.Sprintf(`%q is no address. Write host and port, such as "127.0.0.1:8500".`, value)
	case err != nil:
		return fmt.Sprintf("The port is missing. Write %q.", value+":8500")
	case host == "":
		return fmt.Sprintf("The host is missing. Write %q.", "127.0.0.1:"+port)
	case strings.Contains(port, "/"):
		return fmt.Sprintf("An address with a path begins with its scheme. Write %q.", "http://"+value)
	case strings.ContainsAny(host, " \t/?#@"):
		return fmt.Sprintf(`%q is no host. Write host and port, such as "127.0.0.1:8500".`, host)
	}
	return checkPort(port)
}

// checkPort complains about a port that nothing can be reached at.
func checkPort(port string) string {
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Sprintf("The port is a number from 1 to 65535, not %q; Consul's own is 8500, or 8501 with https.", port)
	}
	return ""
}
