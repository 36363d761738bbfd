package proxy

import (
	"syscall"
	"testing"
)

func TestAddressIs(t *testing.T) {
	four := func(port int, ip ...byte) syscall.Sockaddr {
		return &syscall.SockaddrInet4{Port: port, Addr: [4]byte(ip)}
	}
	six := func(port int, zone uint32, last byte) syscall.Sockaddr {
		return &syscall.SockaddrInet6{Port: port, ZoneId: zone, Addr: [16]byte{0: 0xfe, 1: 0x80, 15: last}}
	}
	path := func(p string) syscall.Sockaddr { return &syscall.SockaddrUnix{Name: p} }
	for _, test := range []struct {
		addr Address
		name syscall.Sockaddr
		want bool
	}{
		{parse("127.0.0.1:80"), four(80, 127, 0, 0, 1), true},
		{parse("[::ffff:127.0.0.1]:80"), four(80, 127, 0, 0, 1), true},
		{parse("127.0.0.1:80"), four(81, 127, 0, 0, 1), false},
		{parse("127.0.0.1:80"), four(80, 127, 0, 0, 2), false},
		{parse("0.0.0.0:80"), four(80, 0, 0, 0, 0), true},
		{parse("0.0.0.0:80"), four(80, 127, 0, 0, 1), false},
		{parse("127.0.0.1:80"), four(80, 0, 0, 0, 0), false},
		{parse("127.0.0.1:0"), four(0, 127, 0, 0, 1), false},
		{parse("[::]:80"), &syscall.SockaddrInet6{Port: 80}, true},
		{parse("[::]:80"), four(80, 0, 0, 0, 0), false},
		{parse("0.0.0.0:80"), &syscall.SockaddrInet6{Port: 80}, false},
		{parse("[fe80::7%3]:80"), six(80, 3, 7), true},
		{parse("[fe80::7%3]:80"), six(80, 4, 7), false},
		{parse("[fe80::7%3]:80"), six(80, 3, 8), false},
		{Address{Path: "/run/a"}, path("/run/a"), true},
		{Address{Path: "/run/a"}, path("/run/b"), false},
		{Address{Path: "/run/a"}, four(80, 0, 0, 0, 0), false},
		{parse("0.0.0.0:80"), path("/run/a"), false},
	} {
		if got := test.addr.is(test.name); got != test.want {
			t.Errorf("%s and %+v: got %v, want %v", test.addr, test.name, got, test.want)
		}
	}
}

func TestAddressesOverlap(t *testing.T) {
	for _, test := range []struct {
		a, b Address
		want bool
	}{
		{parse("127.0.0.1:80"), parse("127.0.0.1:80"), true},
		{parse("127.0.0.1:80"), parse("[::ffff:127.0.0.1]:80"), true},
		{parse("127.0.0.1:80"), parse("127.0.0.2:80"), false},
		{parse("127.0.0.1:80"), parse("127.0.0.1:81"), false},
		{parse("0.0.0.0:80"), parse("127.0.0.1:80"), true},
		{parse("0.0.0.0:80"), parse("[::1]:80"), false},
		{parse("[::]:80"), parse("127.0.0.1:80"), true},
		{parse("[::]:80"), parse("0.0.0.0:80"), true},
		{parse("[::]:80"), parse("[::1]:80"), true},
		{parse("[::1]:80"), parse("[::2]:80"), false},
		{Address{Path: "/a"}, Address{Path: "/a"}, true},
		{Address{Path: "/a"}, Address{Path: "/b"}, false},
		{Address{Path: "/a"}, parse("[::]:80"), false},
	} {
		if test.a.overlaps(test.b) != test.want || test.b.overlaps(test.a) != test.want {
			t.Errorf("%s and %s: got %v, and %v the other way round, want %v", test.a, test.b, test.a.overlaps(test.b), test.b.overlaps(test.a), test.want)
		}
	}
}
