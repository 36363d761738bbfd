package health

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"io"
	"net"
	"testing"
	"time"

	"github.com/pires/go-proxyproto"
)

// The bytes are written by hand from the specification, and another's parser reads what was meant.
func TestLocalHeader(t *testing.T) {
	for version, want := range map[byte]string{
		1: hex.EncodeToString([]byte("PROXY UNKNOWN\r\n")),
		2: "0d0a0d0a000d0a515549540a" + "20" + "00" + "0000",
	} {
		header := LocalHeader(version)
		if got := hex.EncodeToString(header); got != want {
			t.Errorf("version %d: got %s, want %s", version, got, want)
		}
		const after = "GET /"
		in := bufio.NewReader(bytes.NewReader(append(header, after...)))
		got, err := proxyproto.Read(in)
		if err != nil {
			t.Fatalf("version %d: %v", version, err)
		}
		if got.Version != version || got.Command != proxyproto.LOCAL || got.TransportProtocol != proxyproto.UNSPEC {
			t.Errorf("version %d: got %+v, want LOCAL of that version", version, got)
		}
		if rest, _ := io.ReadAll(in); string(rest) != after {
			t.Errorf("version %d: got %q after the header, want %q", version, rest, after)
		}
	}
	for _, version := range []byte{0, 3} {
		if got := LocalHeader(version); got != nil {
			t.Errorf("version %d: got %q, want none", version, got)
		}
	}
}

// Who insists on a header gets one with each heartbeat, in front, and its own view of the connection is unchanged.
func TestHeartbeatsWithAHeader(t *testing.T) {
	type seen struct {
		version byte
		own     bool // the connection's own address stands
	}
	for name, with := range map[string]func(header []byte) Probe{
		"http": func(header []byte) Probe { return HTTP{Path: "/health", Expect: "up", Header: header} },
		"tcp":  func(header []byte) Probe { return TCP{Header: header} },
	} {
		t.Run(name, func(t *testing.T) {
			heads := make(chan seen, 4)
			addr := listen(t, "tcp", "127.0.0.1:0", func(conn net.Conn) {
				strict := proxyproto.NewConn(conn, proxyproto.WithPolicy(proxyproto.REQUIRE))
				strict.SetDeadline(time.Now().Add(20 * time.Second))
				if name == "http" {
					answering("HTTP/1.0 200 OK\r\n\r\nup")(strict)
				} else if n, err := strict.Read([]byte{0}); n != 0 || err != io.EOF {
					t.Errorf("the backend read %d bytes and %v after the header, want the end", n, err)
				}
				if h := strict.ProxyHeader(); h != nil {
					heads <- seen{h.Version, strict.RemoteAddr() == conn.RemoteAddr()}
				} else {
					heads <- seen{}
				}
			})
			for _, version := range []byte{1, 2, 1} {
				probe := with(LocalHeader(version))
				if got := ask(t, probe, addr, 10*time.Second); got != "good" {
					t.Errorf("version %d: got %s, want good", version, got)
				}
				if got, want := <-heads, (seen{version, true}); got != want {
					t.Errorf("got %+v, want %+v", got, want)
				}
			}
			if name == "http" {
				if got := ask(t, with(nil), addr, 10*time.Second); got == "good" {
					t.Error("without a header: got good, so this test shows nothing")
				}
				if got := <-heads; got != (seen{}) {
					t.Errorf("without one: got %+v", got)
				}
			}
		})
	}
}
