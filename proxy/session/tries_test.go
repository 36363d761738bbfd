package session

import (
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
)

func TestOursIsNotTheBackends(t *testing.T) {
	for err, want := range map[error]bool{
		syscall.EMFILE:              true,
		syscall.ENFILE:              true,
		syscall.EADDRNOTAVAIL:       true,
		syscall.ENOBUFS:             true,
		syscall.ENOMEM:              true,
		syscall.ECONNREFUSED:        false,
		syscall.ETIMEDOUT:           false,
		syscall.EHOSTUNREACH:        false,
		os.ErrDeadlineExceeded:      false,
		errors.New("something new"): false,
	} {
		wrapped := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", err)}
		if got := Ours(wrapped); got != want {
			t.Errorf("Ours(%v): got %v, want %v", wrapped, got, want)
		}
	}
}
