//go:build !linux

package goroutine

import "syscall"

// delayAck does nothing: there is no such option.
func delayAck(_, _ string, _ syscall.RawConn) error { return nil }
