//go:build !linux

package upgrade

import (
	"errors"
	"syscall"
)

// startSibling is for systemd, which runs on Linux alone.
func startSibling(func(*syscall.SysProcAttr) (int, error)) (*child, error) {
	return nil, errors.New("NOTIFY_SOCKET is set, though this is no Linux")
}
