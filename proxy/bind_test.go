package proxy

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"weir/proxy/session"
)

func TestBindRefusesBeforeServe(t *testing.T) {
	o := startOrigin(t, echo)
	r := newRig(t, o.addr)
	if r.listener.Addr().AddrPort.Port() == 0 {
		t.Errorf("got address %s, want the port that the kernel chose", r.listener.Addr())
	}
	if conn, err := net.Dial("tcp", r.listener.Addr().String()); !errors.Is(err, syscall.ECONNREFUSED) {
		if err == nil {
			conn.Close()
		}
		t.Errorf("before Serve: got %v, want %v", err, syscall.ECONNREFUSED)
	}
	r.serve(t)
	ping(t, r.dial(t), 5)
}

func TestAddressInUse(t *testing.T) {
	s := newServer(t, new(logBook))
	t.Run("at bind", func(t *testing.T) {
		o := startOrigin(t, echo)
		_, err := s.Bind("front", at(o.addr), &session.Service{}, session.Settings{})
		wantInUse(t, err, o.addr)
		if look := fmt.Sprintf("ss -ltnp sport = :%d", o.addr.Port()); !contains(err, look) {
			t.Errorf("got error %v, want one that says how to look: %s", err, look)
		}
		// The same port of all addresses is taken too.
		all := netip.AddrPortFrom(netip.IPv4Unspecified(), o.addr.Port())
		_, err = s.Bind("front", at(all), &session.Service{}, session.Settings{})
		wantInUse(t, err, all)
	})
	t.Run("by another server", func(t *testing.T) {
		r := startRig(t)
		_, err := s.Bind("front", r.listener.Addr(), &session.Service{}, session.Settings{})
		wantInUse(t, err, r.listener.Addr().AddrPort)
	})
	t.Run("by its own listener", func(t *testing.T) {
		r := startRig(t)
		own := r.listener.Addr()
		for _, taken := range []Address{own, parse(fmt.Sprintf("0.0.0.0:%d", own.AddrPort.Port())), parse(fmt.Sprintf("[::]:%d", own.AddrPort.Port()))} {
			_, err := r.server.Bind("second", taken, r.service, defaults())
			wantInUse(t, err, taken.AddrPort)
			if holder := fmt.Sprintf("listener \"front\" at %s", own); !contains(err, holder) {
				t.Errorf("got error %v, want one that names %s", err, holder)
			}
		}
	})
	t.Run("at serve", func(t *testing.T) {
		l, err := s.Bind("front", at(loopback(0)), &session.Service{}, session.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		taken, err := bind(l.Addr()) // allowed as long as neither listens
		if err != nil {
			t.Fatal(err)
		}
		defer taken.close()
		if err := taken.listen(); err != nil {
			t.Fatal(err)
		}
		wantInUse(t, l.Serve(), l.Addr().AddrPort)
	})
	if finished, cut := s.Shutdown(t.Context()); finished != 0 || cut != 0 {
		t.Errorf("got %d sessions finished and %d cut, want none", finished, cut)
	}
}

func wantInUse(t *testing.T, err error, addr netip.AddrPort) {
	t.Helper()
	if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), addr.String()) {
		t.Errorf("got error %v, want one of %v that names %s", err, syscall.EADDRINUSE, addr)
	}
}

func TestAddressOfAnotherHost(t *testing.T) {
	addr := netip.MustParseAddrPort("192.0.2.1:0") // reserved for documentation
	if _, err := newServer(t, new(logBook)).Bind("front", at(addr), &session.Service{}, session.Settings{}); !errors.Is(err, syscall.EADDRNOTAVAIL) || !strings.Contains(err.Error(), addr.String()) {
		t.Errorf("got error %v, want one of %v that names %s", err, syscall.EADDRNOTAVAIL, addr)
	}
}

func TestInterfaceOfAnotherHost(t *testing.T) {
	for _, zone := range []string{"nowhere", "2147483647"} {
		addr := netip.MustParseAddrPort("[fe80::1%" + zone + "]:0")
		_, err := newServer(t, new(logBook)).Bind("front", at(addr), &session.Service{}, session.Settings{})
		if want := fmt.Sprintf("no interface %q", zone); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want one with %s", addr, err, want)
		}
	}
}

func TestFamilies(t *testing.T) {
	six, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skipf("no IPv6 here: %v", err)
	}
	six.Close()
	for _, test := range []struct {
		bind    string
		reaches map[string]bool // by address
	}{
		{"127.0.0.1:0", map[string]bool{"127.0.0.1": true, "127.0.0.2": false, "::1": false}},
		{"0.0.0.0:0", map[string]bool{"127.0.0.1": true, "127.0.0.2": true, "::1": false}},
		{"[::1]:0", map[string]bool{"127.0.0.1": false, "::1": true}},
		{"[::]:0", map[string]bool{"127.0.0.1": true, "::1": true}},
		{"[::ffff:127.0.0.2]:0", map[string]bool{"127.0.0.1": false, "127.0.0.2": true, "::1": false}},
	} {
		t.Run(test.bind, func(t *testing.T) {
			s, err := bind(at(netip.MustParseAddrPort(test.bind)))
			if err != nil {
				t.Fatal(err)
			}
			defer s.close()
			if err := s.listen(); err != nil {
				t.Fatal(err)
			}
			for host, want := range test.reaches {
				conn, err := net.Dial("tcp", netip.AddrPortFrom(netip.MustParseAddr(host), s.addr.AddrPort.Port()).String())
				if err == nil {
					conn.Close()
				}
				if got := err == nil; got != want {
					t.Errorf("connect to %s: got %v, want reached: %v", host, err, want)
				}
			}
		})
	}
}

// A link-local address means something only together with its interface.
func TestZone(t *testing.T) {
	ifaces, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, iface := range ifaces {
		of, err := iface.Addrs()
		if err != nil {
			continue
		}
		for _, a := range of {
			ip, _ := netip.AddrFromSlice(a.(*net.IPNet).IP)
			if !ip.Is6() || !ip.IsLinkLocalUnicast() {
				continue
			}
			s, err := bind(at(netip.AddrPortFrom(ip.WithZone(iface.Name), 0)))
			if err != nil {
				t.Fatal(err)
			}
			defer s.close()
			if got, want := s.addr.AddrPort.Addr().String(), ip.String()+"%"+iface.Name; got != want {
				t.Errorf("got address %s, want %s", got, want)
			}
			return
		}
	}
	t.Skip("no link-local address here")
}
