package proxy

import (
	"net"
	"net/netip"
	"sync"
	"syscall"
	"testing"
	"time"
)

// An origin is a backend's program: it gives each connection to a function.
type origin struct {
	addr netip.AddrPort
	ln   *net.TCPListener
}

// startOrigin serves until the test ends. Each call of handle owns its connection.
func startOrigin(t *testing.T, handle func(*net.TCPConn)) *origin {
	t.Helper()
	ln, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(loopback(0)))
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := ln.AcceptTCP()
			if err != nil {
				return
			}
			running.Go(func() {
				defer conn.Close()
				handle(conn)
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		running.Wait()
	})
	return &origin{addr: ln.Addr().(*net.TCPAddr).AddrPort(), ln: ln}
}

// accepting is an origin that hands its connections to the test.
func accepting(t *testing.T) (*origin, <-chan *net.TCPConn) {
	t.Helper()
	conns := make(chan *net.TCPConn)
	o := startOrigin(t, func(conn *net.TCPConn) {
		select {
		case conns <- conn:
			<-t.Context().Done() // the test's now, until it ends
		case <-t.Context().Done():
		}
	})
	return o, conns
}

// echo sends back what it gets.
func echo(conn *net.TCPConn) {
	buf := make([]byte, 4096)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		conn.Write(buf[:n])
	}
}

// refusing returns an address that is taken and refuses connections until its socket listens.
func refusing(t *testing.T) (netip.AddrPort, *socket) {
	t.Helper()
	s, err := bind(at(loopback(0)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s.addr.AddrPort, s
}

// at is the address of a TCP listener.
func at(addr netip.AddrPort) Address { return Address{AddrPort: addr} }

func parse(addr string) Address { return at(netip.MustParseAddrPort(addr)) }

func loopback(port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port)
}

// silentAddr returns an address that answers no connect: its queue is full, and
// on Linux and macOS the kernel then drops what comes.
func silentAddr(t *testing.T) netip.AddrPort {
	t.Helper()
	s, err := bind(at(loopback(0)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	if err := syscall.Listen(s.fd, 0); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		conn, err := net.DialTimeout("tcp", s.addr.String(), 50*time.Millisecond)
		if err != nil {
			return s.addr.AddrPort
		}
		t.Cleanup(func() { conn.Close() })
	}
	t.Fatal("the queue does not fill")
	return s.addr.AddrPort
}
