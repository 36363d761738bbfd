//go:build !linux

package upgrade

import "syscall"

// duplicate replaces to, at once. It stays open on exec.
func duplicate(from, to int) error { return syscall.Dup2(from, to) }
