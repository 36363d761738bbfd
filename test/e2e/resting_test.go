package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"weir/test/rig"
)

// A connection at rest costs two descriptors and, by relay, at most 1 or 8 KiB.
func TestRestingConnections(t *testing.T) {
	const connections = 3000
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer conn.Close()
				io.Copy(conn, conn)
			})
		}
	})
	t.Cleanup(func() { ln.Close(); serving.Wait() })

	w := rig.StartWeir(t, strings.Replace(filesConfig(t, ln.Addr().(*net.TCPAddr)), "service \"web\" {}", "service \"web\" {\n  connect_timeout = \"5s\"\n}", 1))
	addr := w.Address(t, "web")
	w.Eligible(t, 0, 1)
	open := func(n int) {
		for range n {
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { conn.Close() })
			// One exchange, so that the connection has been at work.
			fmt.Fprintln(conn, "hello")
			if got, err := bufio.NewReader(conn).ReadString('\n'); err != nil || got != "hello\n" {
				t.Fatalf("echo: got %q, %v", got, err)
			}
		}
	}
	open(100) // what the first connections cost once and for all
	memory, descriptors := w.Memory(t), w.Descriptors(t)
	open(connections)
	perConn := float64(w.Memory(t)-memory) / connections
	fds := w.Descriptors(t) - descriptors
	t.Logf("%d connections at rest: %.0f bytes and %.2f descriptors each", connections, perConn, float64(fds)/connections)
	if fds != 2*connections {
		t.Errorf("descriptors: got %d more, want %d", fds, 2*connections)
	}
	limit := 8192.0
	if onLoop(t, w) {
		limit = 1024
	}
	if perConn > limit && !rig.Race { // the race detector keeps its own books
		t.Errorf("memory: got %.0f bytes a connection, want at most %.0f", perConn, limit)
	}
}
