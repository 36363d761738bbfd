package proxy

import (
	"errors"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"weir/proxy/session"
)

// Without privilege a low port is refused, and it says what would help.
func TestPortWithoutPrivilege(t *testing.T) {
	s := newServer(t, new(logBook))
	defer s.Shutdown(t.Context())
	failed := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // for good: a thread without privilege is of no use to others
		// A network of its own has the kernel's default of which ports are low.
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			failed <- err
			return
		}
		none := [2]unix.CapUserData{}
		if err := unix.Capset(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &none[0]); err != nil {
			failed <- err
			return
		}
		_, err := s.Bind("front", parse("0.0.0.0:81"), &session.Service{}, defaults())
		failed <- err
	}()
	if err := <-failed; !errors.Is(err, syscall.EACCES) || !contains(err, "0.0.0.0:81") || !contains(err, "CAP_NET_BIND_SERVICE") {
		t.Errorf("got %v, want %v that says what would help", err, syscall.EACCES)
	}
}
