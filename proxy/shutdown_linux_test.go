package proxy

import (
	"fmt"
	"net"
	"syscall"
	"testing"
)

// A process that stood still is told to shut down while many wait: whoever accepts
// them, all are served.
func TestShutdownOfAProcessThatStoodStill(t *testing.T) {
	o := startOrigin(t, echo)
	c := startChild(t, o.addr)
	if err := c.process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.process.Signal(syscall.SIGCONT) }) // else nothing ends it
	const n = 500
	clients := make([]*net.TCPConn, n)
	for i := range clients {
		clients[i] = c.dial(t)
	}
	if _, err := fmt.Fprintln(c.in, "shut down"); err != nil {
		t.Fatal(err)
	}
	if err := c.process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	for i, conn := range clients {
		if err := echoes(conn, byte(i)); err != nil {
			t.Fatalf("connection %d of %d: %v", i, n, err)
		}
		conn.Close()
	}
	if got := c.answer(t); got.Accepted != n || got.Failed != 0 || got.Sessions != 0 {
		t.Errorf("got %+v, want %d accepted, none failed, none left", got, n)
	}
}
