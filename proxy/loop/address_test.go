//go:build linux && (amd64 || arm64)

package loop

import (
	"net"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

func TestAddressThereAndBack(t *testing.T) {
	for _, test := range []struct {
		in     string
		out    string // if other than in
		family int
	}{
		{in: "127.1.2.3:4660", family: unix.AF_INET},
		{in: "[::ffff:127.1.2.3]:80", out: "127.1.2.3:80", family: unix.AF_INET},
		{in: "[2001:db8::1]:65535", family: unix.AF_INET6},
		{in: "[fe80::1%7]:1", family: unix.AF_INET6},
	} {
		var a address
		if got := a.set(netip.MustParseAddrPort(test.in)); got != test.family {
			t.Errorf("%s: got family %d, want %d", test.in, got, test.family)
		}
		want := test.out
		if want == "" {
			want = test.in
		}
		if got := a.get().String(); got != want {
			t.Errorf("%s: got %s, want %s", test.in, got, want)
		}
	}
}

func TestZoneByName(t *testing.T) {
	ifaces, err := net.Interfaces()
	if err != nil || len(ifaces) == 0 {
		t.Skipf("no interfaces: %v", err)
	}
	if got := zone(netip.MustParseAddr("fe80::1").WithZone(ifaces[0].Name)); got != uint32(ifaces[0].Index) {
		t.Errorf("got %d for interface %s, want %d", got, ifaces[0].Name, ifaces[0].Index)
	}
}
