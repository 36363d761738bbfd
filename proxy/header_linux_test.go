package proxy

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pires/go-proxyproto"
	"golang.org/x/sys/unix"

	"weir/proxy/session"
)

// segments is how many segments with data have come on a connection.
func segments(t *testing.T, conn *net.TCPConn) (n uint32) {
	t.Helper()
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) {
		var info *unix.TCPInfo
		if info, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			n = info.Data_segs_in
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// headerRig returns a rig whose backends want that header.
func headerRig(t *testing.T, p session.ProxyProtocol, backends ...netip.AddrPort) *rig {
	t.Helper()
	r := newRig(t, backends...)
	r.service.ProxyProtocol = p
	return r
}

// wantHeader checks what a backend reads first, and returns what comes after.
func wantHeader(t *testing.T, backend io.Reader, p session.ProxyProtocol, client, local netip.AddrPort) *bufio.Reader {
	t.Helper()
	in := bufio.NewReader(backend)
	h, err := proxyproto.Read(in)
	if err != nil {
		t.Fatalf("header: %v", err)
	}
	from, to, ok := h.TCPAddrs()
	if !ok || h.Version != byte(p) || h.Command != proxyproto.PROXY {
		t.Fatalf("got header %+v, want version %d with TCP addresses", h, p)
	}
	if from.AddrPort() != client || to.AddrPort() != local {
		t.Errorf("got header of %s to %s, want %s to %s", from, to, client, local)
	}
	return in
}

func local(conn net.Conn) netip.AddrPort  { return conn.LocalAddr().(*net.TCPAddr).AddrPort() }
func remote(conn net.Conn) netip.AddrPort { return conn.RemoteAddr().(*net.TCPAddr).AddrPort() }

var versions = []session.ProxyProtocol{session.HeaderV1, session.HeaderV2}

// What the client has sent before it is joined goes with the header, in one segment.
func TestHeaderCostsNoSegment(t *testing.T) {
	for _, p := range versions {
		t.Run(fmt.Sprint(p), func(t *testing.T) {
			o, conns := accepting(t)
			r := headerRig(t, p, o.addr)
			socket := r.listen(t)
			client := r.dial(t)
			if _, err := io.WriteString(client, "GET / HTTP/1.0\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			served := make(chan error, 1)
			t.Cleanup(func() {
				cancel()
				<-served
				client.Close()
				r.server.Shutdown(context.Background())
			})
			go func() { served <- r.server.relay.Serve(ctx, socket, r.listener.Front) }()
			backend := <-conns
			backend.SetDeadline(time.Now().Add(patience))
			buf := make([]byte, 4096)
			n, err := backend.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			want := string(p.Header(local(client), remote(client))) + "GET / HTTP/1.0\r\n\r\n"
			if got := string(buf[:n]); got != want {
				t.Errorf("got %q at once, want %q", got, want)
			}
			if got := segments(t, backend); got != 1 {
				t.Errorf("got %d segments, want 1", got)
			}
			backend.Close() // else the client's end waits for it
		})
	}
}

// A silent client's header goes at once: its backend may have the first word.
func TestHeaderOfASilentClient(t *testing.T) {
	for _, p := range versions {
		t.Run(fmt.Sprint(p), func(t *testing.T) {
			o, conns := accepting(t)
			r := headerRig(t, p, o.addr)
			r.serve(t)
			client, backend := r.dial(t), <-conns
			backend.SetDeadline(time.Now().Add(patience))
			in := wantHeader(t, backend, p, local(client), remote(client))
			if n := in.Buffered(); n != 0 {
				t.Errorf("got %d bytes after the header, want none", n)
			}
			if err := exchange(client, backend, backendFirst, 1, 1000, 300_000); err != nil {
				t.Error(err)
			}
			// The header is weir's, not the client's.
			if l := r.finished(t, 1)[0]; l["bytes_up"] != 1000.0 || l["bytes_down"] != 300_000.0 {
				t.Errorf("counted %v up and %v down, want 1000 and 300000", l["bytes_up"], l["bytes_down"])
			}
		})
	}
}

// A client that ends at once has its header and its end delivered.
func TestHeaderOfAClientThatEnds(t *testing.T) {
	o, conns := accepting(t)
	r := headerRig(t, session.HeaderV2, o.addr)
	r.serve(t)
	client := r.dial(t)
	if err := client.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	backend := <-conns
	backend.SetDeadline(time.Now().Add(patience))
	in := wantHeader(t, backend, session.HeaderV2, local(client), remote(client))
	if n, err := io.Copy(io.Discard, in); n != 0 || err != nil {
		t.Errorf("got %d bytes and %v after the header, want the end", n, err)
	}
	backend.Close()
	if l := r.finished(t, 1)[0]; l["bytes_up"] != 0.0 || l["end"] != string(session.Complete) {
		t.Errorf("got %v, want no bytes up, end %s", l, session.Complete)
	}
}

// After tries that failed the header is there once, before much that the client has sent.
func TestHeaderAfterFailedTries(t *testing.T) {
	one, _ := refusing(t)
	two, _ := refusing(t)
	o, conns := accepting(t)
	for _, p := range versions {
		r := headerRig(t, p, one, two, o.addr)
		r.serve(t)
		for i := range 6 {
			client := r.dial(t)
			sent := make(chan digest, 1)
			go func() {
				d, err := send(client, uint64(i), 1<<20)
				if err != nil {
					t.Error(err)
				}
				sent <- d
			}()
			backend := <-conns
			backend.SetDeadline(time.Now().Add(patience))
			got, err := receive(wantHeader(t, backend, p, local(client), remote(client)))
			if want := <-sent; err != nil || got != want {
				t.Errorf("connection %d: got %+v and %v, want %+v", i, got, err, want)
			}
			backend.Close()
		}
	}
}

// The header has the client as it came: by IPv6, or by IPv4 to a listener for both.
func TestHeaderByFamily(t *testing.T) {
	o, conns := accepting(t)
	for _, test := range []struct{ bind, dial string }{
		{"[::1]:0", "[::1]"},
		{"[::]:0", "[::1]"},
		{"[::]:0", "127.0.0.1"},
	} {
		for _, p := range versions {
			t.Run(fmt.Sprint(test.bind, test.dial, p), func(t *testing.T) {
				r := headerRig(t, p, o.addr)
				r.serve(t)
				l := r.also(t, "six", at(netip.MustParseAddrPort(test.bind)), defaults())
				client, err := net.Dial("tcp", fmt.Sprint(test.dial, ":", l.Addr().AddrPort.Port()))
				if err != nil {
					t.Fatal(err)
				}
				defer client.Close()
				backend := <-conns
				backend.SetDeadline(time.Now().Add(patience))
				wantHeader(t, backend, p, local(client), remote(client))
				backend.Close()
			})
		}
	}
}
