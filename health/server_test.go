package health

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"testing"
	"time"
)

// listen returns the address of a real listener. It gives each connection to handle, closes it after that, and is joined
// when the test ends.
func listen(t *testing.T, network, bind string, handle func(net.Conn)) netip.AddrPort {
	t.Helper()
	l, err := net.Listen(network, bind)
	if err != nil {
		t.Skipf("listen on %s: %v", bind, err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer conn.Close()
				handle(conn)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		serving.Wait()
	})
	return l.Addr().(*net.TCPAddr).AddrPort()
}

// answering reads the request and sends text.
func answering(text string) func(net.Conn) {
	return func(conn net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
			io.WriteString(conn, text)
		}
	}
}

// then sends text after the request, and more of the other text, if any, until the connection fails.
func then(text, more string) func(net.Conn) {
	return func(conn net.Conn) {
		answering(text)(conn)
		if more == "" {
			io.Copy(io.Discard, conn)
			return
		}
		for {
			if _, err := io.WriteString(conn, more); err != nil {
				return
			}
		}
	}
}

// ask probes once and returns the reason of a failure, or "good".
func ask(t *testing.T, probe Probe, addr netip.AddrPort, timeout time.Duration) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	if err := probe.Probe(ctx, addr); err != nil {
		return reason(err, timeout)
	}
	return "good"
}

// refused returns an address where nobody listens.
func refused(t *testing.T) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).AddrPort()
}
