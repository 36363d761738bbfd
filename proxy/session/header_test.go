package session

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"net"
	"net/netip"
	"testing"

	"github.com/pires/go-proxyproto"
)

// The signature of version 2, then version and command.
const (
	v2      = "0d0a0d0a000d0a515549540a" + "21" // PROXY
	v2Local = "0d0a0d0a000d0a515549540a" + "20"
)

// The bytes are written by hand from the specification.
var headers = []struct {
	name          string
	client, local string
	v1            string
	v2            string // in hex
}{
	{
		name:   "IPv4",
		client: "192.0.2.7:50001", local: "198.51.100.9:443",
		v1: "PROXY TCP4 192.0.2.7 198.51.100.9 50001 443\r\n",
		v2: v2 + "11" + "000c" + "c0000207" + "c6336409" + "c351" + "01bb",
	},
	{
		name:   "IPv6",
		client: "[2001:db8::7]:1024", local: "[2001:db8:1::9]:65535",
		v1: "PROXY TCP6 2001:db8::7 2001:db8:1::9 1024 65535\r\n",
		v2: v2 + "21" + "0024" + "20010db8000000000000000000000007" + "20010db8000100000000000000000009" + "0400" + "ffff",
	},
	{
		name:   "IPv4 that came to an IPv6 socket",
		client: "[::ffff:192.0.2.7]:50001", local: "[::ffff:198.51.100.9]:443",
		v1: "PROXY TCP4 192.0.2.7 198.51.100.9 50001 443\r\n",
		v2: v2 + "11" + "000c" + "c0000207" + "c6336409" + "c351" + "01bb",
	},
	{
		name:   "IPv4 that came to an IPv6 socket, of which only the client's is unmapped",
		client: "192.0.2.7:50001", local: "[::ffff:198.51.100.9]:443",
		v1: "PROXY TCP4 192.0.2.7 198.51.100.9 50001 443\r\n",
		v2: v2 + "11" + "000c" + "c0000207" + "c6336409" + "c351" + "01bb",
	},
	{
		name:   "link-local, whose zone means nothing to others",
		client: "[fe80::7%eth0]:50001", local: "[fe80::9%2]:443",
		v1: "PROXY TCP6 fe80::7 fe80::9 50001 443\r\n",
		v2: v2 + "21" + "0024" + "fe800000000000000000000000000007" + "fe800000000000000000000000000009" + "c351" + "01bb",
	},
	{
		name: "unix socket",
		v1:   "PROXY UNKNOWN\r\n",
		v2:   v2Local + "00" + "0000",
	},
}

func TestHeaderBytes(t *testing.T) {
	for _, test := range headers {
		t.Run(test.name, func(t *testing.T) {
			client, local := addrPort(test.client), addrPort(test.local)
			if got := HeaderV1.Header(client, local); string(got) != test.v1 {
				t.Errorf("v1: got %q, want %q", got, test.v1)
			}
			if got := hex.EncodeToString(HeaderV2.Header(client, local)); got != test.v2 {
				t.Errorf("v2:\n got %s\nwant %s", got, test.v2)
			}
			if got := NoHeader.Header(client, local); got != nil {
				t.Errorf("none: got %q, want nil", got)
			}
		})
	}
}

// Another's parser reads what was meant, and takes none of the client's own bytes for it.
func TestHeaderAsItIsRead(t *testing.T) {
	for _, test := range headers {
		for _, p := range []ProxyProtocol{HeaderV1, HeaderV2} {
			t.Run(test.name, func(t *testing.T) {
				const after = "PROXY is what I say"
				client, local := addrPort(test.client), addrPort(test.local)
				in := bufio.NewReader(bytes.NewReader(append(p.Header(client, local), after...)))
				got, err := proxyproto.Read(in)
				if err != nil {
					t.Fatal(err)
				}
				if rest, _ := in.Peek(in.Buffered()); string(rest) != after {
					t.Errorf("got %q after the header, want %q", rest, after)
				}
				if got.Version != byte(p) {
					t.Errorf("got version %d, want %d", got.Version, p)
				}
				switch {
				case client.IsValid():
					wantAddr(t, "source", got.SourceAddr, client)
					wantAddr(t, "destination", got.DestinationAddr, local)
				case got.TransportProtocol != proxyproto.UNSPEC || p == HeaderV2 && !got.Command.IsLocal():
					t.Errorf("got protocol %v and command %v, want an unknown one and LOCAL", got.TransportProtocol, got.Command)
				}
			})
		}
	}
}

func wantAddr(t *testing.T, what string, got net.Addr, want netip.AddrPort) {
	t.Helper()
	tcp, ok := got.(*net.TCPAddr)
	if !ok {
		t.Fatalf("%s: got %v, want a TCP address", what, got)
	}
	a := tcp.AddrPort()
	want = netip.AddrPortFrom(want.Addr().Unmap().WithZone(""), want.Port())
	if a = netip.AddrPortFrom(a.Addr().Unmap(), a.Port()); a != want {
		t.Errorf("%s: got %s, want %s", what, a, want)
	}
}

// addrPort is the zero one for "".
func addrPort(s string) netip.AddrPort {
	if s == "" {
		return netip.AddrPort{}
	}
	return netip.MustParseAddrPort(s)
}
