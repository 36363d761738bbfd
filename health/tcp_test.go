package health

import (
	"context"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"
)

func TestTCP(t *testing.T) {
	for _, bind := range []string{"127.0.0.1:0", "[::1]:0"} {
		t.Run(bind, func(t *testing.T) {
			type end struct {
				bytes int
				err   error
			}
			ends := make(chan end, 1)
			addr := listen(t, "tcp", bind, func(conn net.Conn) {
				n, err := conn.Read(make([]byte, 1))
				ends <- end{n, err}
			})
			if got := ask(t, TCP{}, addr, 10*time.Second); got != "good" {
				t.Fatalf("got %s, want good", got)
			}
			if got, want := <-ends, (end{0, io.EOF}); got != want {
				t.Errorf("the backend read %v, want %v: nothing sent and the connection closed", got, want)
			}
		})
	}
}

func TestTCPMappedAddress(t *testing.T) {
	addr := listen(t, "tcp4", "127.0.0.1:0", func(net.Conn) {})
	mapped := netip.AddrPortFrom(netip.AddrFrom16(addr.Addr().As16()), addr.Port())
	if got := ask(t, TCP{}, mapped, 10*time.Second); got != "good" {
		t.Errorf("%v: got %s, want good", mapped, got)
	}
}

func TestTCPRefused(t *testing.T) {
	if got, want := ask(t, TCP{}, refused(t), 10*time.Second), "connection refused"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTCPTimeout(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	err := TCP{}.Probe(ctx, refused(t))
	if err == nil {
		t.Fatal("got no error, want a time-out")
	}
	if got, want := reason(err, time.Second), "timed out after 1s"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if ours(err) {
		t.Errorf("a time-out counts as trouble of our own")
	}
}

func TestTCPCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (TCP{}).Probe(ctx, refused(t)); !ours(err) {
		t.Errorf("got %v, want a cancellation", err)
	}
}
