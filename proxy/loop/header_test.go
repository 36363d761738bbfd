//go:build linux && (amd64 || arm64)

package loop

import (
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"weir/proxy/session"
)

// The backend is told of the client before all else, in one segment with what that has
// sent, and what is counted is the client's bytes alone.
func TestHeaderGoesFirst(t *testing.T) {
	for _, first := range []string{"hello", ""} {
		s := newSolo(t, session.Settings{})
		s.service.ProxyProtocol = session.HeaderV1
		client, c := s.begin(t, first)
		backend := s.accept(t)
		from, to := client.LocalAddr().(*net.TCPAddr), client.RemoteAddr().(*net.TCPAddr)
		header := fmt.Sprintf("PROXY TCP4 %s %s %d %d\r\n", from.IP, to.IP, from.Port, to.Port)
		s.expect(t, backend, header+first)
		raw, err := backend.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		raw.Control(func(fd uintptr) {
			info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
			if err != nil || info.Data_segs_in != 1 {
				t.Errorf("after %q: got %d segments and %v, want 1", first, info.Data_segs_in, err)
			}
		})
		client.Write([]byte(" and more"))
		s.expect(t, backend, " and more")
		if want := int64(len(first + " and more")); c.up.moved != want {
			t.Errorf("after %q: got %d bytes counted, want %d", first, c.up.moved, want)
		}
	}
}

// The next backend is told the same, once, though the first may have been told too.
func TestHeaderToTheNextBackend(t *testing.T) {
	s := newSolo(t, session.Settings{})
	s.service.ProxyProtocol, s.service.Retries = session.HeaderV2, 1
	silent := silentAddr(t)
	s.backends(silent)
	client, c := s.begin(t, "hello")
	if c.state != connecting {
		t.Fatalf("got state %d, want %d", c.state, connecting)
	}
	s.backends(silent, addrOf(s.backend))
	s.happened(&c.server, unix.EPOLLERR|unix.EPOLLHUP)
	from, to := addrPortOf(client.LocalAddr()), addrPortOf(client.RemoteAddr())
	s.expect(t, s.accept(t), string(session.HeaderV2.Header(from, to))+"hello")
	if c.up.moved != 5 {
		t.Errorf("got %d bytes counted, want 5", c.up.moved)
	}
}

// A client that is never joined has sent nothing on, header or not.
func TestHeaderUnsent(t *testing.T) {
	s := newSolo(t, session.Settings{})
	s.service.ProxyProtocol = session.HeaderV2
	s.backends(silentAddr(t))
	_, c := s.begin(t, "")
	if c.up.moved >= 0 || len(c.up.rest) == 0 {
		t.Fatalf("got %d moved and %d to be written, want the header to be written", c.up.moved, len(c.up.rest))
	}
}

// Of a client of a unix socket there is nothing to tell.
func TestHeaderOfUnixClient(t *testing.T) {
	path := filepath.Join(t.TempDir(), "front")
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	dialed, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer dialed.Close()
	s := newSolo(t, session.Settings{})
	s.service.ProxyProtocol = session.HeaderV2
	socket := dup(t, ln.(*net.UnixListener))
	defer closeFD(socket)
	fd, errno := accept(socket, &s.from)
	if errno != 0 {
		t.Fatal(errno)
	}
	if got := s.from.get(); got != (netip.AddrPort{}) {
		t.Errorf("got the address %v of a unix client, want none", got)
	}
	d := session.NewDoor(s.front)
	d.Open()
	a, _ := admit(&d, fd, s.from.get())
	s.loop.count()
	s.loop.begin(a)
	backend := s.accept(t)
	want := session.HeaderV2.Header(netip.AddrPort{}, netip.AddrPort{})
	s.expect(t, backend, string(want))
}

func addrPortOf(a net.Addr) netip.AddrPort { return a.(*net.TCPAddr).AddrPort() }
