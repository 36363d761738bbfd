package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
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

	w := startWeir(t, strings.Replace(filesConfig(t, ln.Addr().(*net.TCPAddr)), "service \"web\" {}", "service \"web\" {\n  connect_timeout = \"5s\"\n}", 1))
	addr := w.address(t, "web")
	w.eligible(t, 0, 1)
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
	memory, descriptors := w.memory(t), w.descriptors(t)
	open(connections)
	perConn := float64(w.memory(t)-memory) / connections
	fds := w.descriptors(t) - descriptors
	t.Logf("%d connections at rest: %.0f bytes and %.2f descriptors each", connections, perConn, float64(fds)/connections)
	if fds != 2*connections {
		t.Errorf("descriptors: got %d more, want %d", fds, 2*connections)
	}
	limit := 8192.0
	if w.onLoop(t) {
		limit = 1024
	}
	if perConn > limit && !raceEnabled { // the race detector keeps its own books
		t.Errorf("memory: got %.0f bytes a connection, want at most %.0f", perConn, limit)
	}
}

// memory is weir's resident memory in bytes.
func (w *weir) memory(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("/proc", fmt.Sprint(w.cmd.Process.Pid), "status"))
	if err != nil {
		t.Skip("no /proc here: ", err)
	}
	for l := range strings.Lines(string(b)) {
		var kib int
		if _, err := fmt.Sscanf(l, "VmRSS: %d kB", &kib); err == nil {
			return kib << 10
		}
	}
	t.Fatal("no VmRSS in status")
	return 0
}

func (w *weir) descriptors(t *testing.T) int {
	t.Helper()
	fds, err := os.ReadDir(filepath.Join("/proc", fmt.Sprint(w.cmd.Process.Pid), "fd"))
	if err != nil {
		t.Skip("no /proc here: ", err)
	}
	return len(fds)
}
