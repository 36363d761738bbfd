//go:build !linux

package goroutine

// delayAck does nothing: there is no such option.
func delayAck(uintptr) {}
