package proxy

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

// ping sends bytes through an echoing backend and closes.
func ping(t *testing.T, conn *net.TCPConn, b byte) {
	t.Helper()
	defer conn.Close()
	if err := echoes(conn, b); err != nil {
		t.Errorf("ping: %v", err)
	}
}

// echoes reports why a byte sent doesn't come back.
func echoes(conn net.Conn, b byte) error {
	conn.SetDeadline(time.Now().Add(patience))
	if _, err := conn.Write([]byte{b, ^b}); err != nil {
		return err
	}
	return readBack(conn, b)
}

// readBack reads what echoes has sent.
func readBack(conn net.Conn, b byte) error {
	conn.SetDeadline(time.Now().Add(patience))
	got := make([]byte, 2)
	if _, err := io.ReadFull(conn, got); err != nil {
		return err
	}
	if got[0] != b || got[1] != ^b {
		return fmt.Errorf("got %v back, want %v", got, []byte{b, ^b})
	}
	return nil
}

// reset closes so that the peer sees a reset, not an end.
func reset(conn *net.TCPConn) {
	conn.SetLinger(0)
	conn.Close()
}

// wantReset checks that a connection to addr is reset, with nothing sent before.
func wantReset(t *testing.T, addr string) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	n := 0
	if err == nil { // else the reset was faster than the client's own look at its new connection
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(patience))
		n, err = conn.Read(make([]byte, 1))
	}
	if n != 0 || !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %d bytes and %v, want %v", n, err, syscall.ECONNRESET)
	}
}

// contains reports whether an error says that.
func contains(err error, what string) bool { return err != nil && strings.Contains(err.Error(), what) }
