package session

import (
	"net/netip"
	"testing"
)

func TestHousehold(t *testing.T) {
	for _, test := range []struct {
		a, b string
		same bool
	}{
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"192.0.2.1", "::ffff:192.0.2.1", true},
		{"::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
		{"2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", true},
		{"2001:db8:0:1::1", "2001:db8:0:2::1", false},
		{"2001:db8:0:1::1", "2001:db8:0:1001::1", false},
		{"fe80::1%eth0", "fe80::2%eth1", true},
		{"::1", "127.0.0.1", false},
		{"0.0.0.1", "::1", false},
	} {
		a, b := household(netip.MustParseAddr(test.a)), household(netip.MustParseAddr(test.b))
		if got := a == b; got != test.same {
			t.Errorf("%s and %s: got %s and %s, want the same: %v", test.a, test.b, a, b, test.same)
		}
	}
}

func TestClients(t *testing.T) {
	var c clients
	one, neighbour, other := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2"), netip.MustParseAddr("2001:db8:1::1")
	for i, step := range []struct {
		addr netip.Addr
		want bool
	}{{one, true}, {neighbour, true}, {one, false}, {other, true}, {neighbour, false}, {other, true}, {other, false}} {
		if got := c.enter(step.addr, 2); got != step.want {
			t.Errorf("step %d: got %v for %s, want %v", i, got, step.addr, step.want)
		}
	}
	c.leave(one)
	if !c.enter(neighbour, 2) {
		t.Error("no place after one left")
	}
	for _, addr := range []netip.Addr{one, one, other, other} {
		c.leave(addr)
	}
	if len(c.open) != 0 {
		t.Errorf("got %v remembered after all have left, want none", c.open)
	}
}
