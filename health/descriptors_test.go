//go:build unix

package health

import (
	"errors"
	"net"
	"syscall"
	"testing"
	"time"
)

// A process without descriptors must not blame its backends.
func TestOutOfDescriptors(t *testing.T) {
	addr := listen(t, "tcp", "127.0.0.1:0", func(net.Conn) {})
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	for _, probe := range []Probe{TCP{}, HTTP{Path: "/health"}} {
		none := limit
		none.Cur = 1 // the standard streams alone are more
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &none); err != nil {
			t.Fatal(err)
		}
		err := probe.Probe(t.Context(), addr)
		if restored := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); restored != nil {
			t.Fatal(restored)
		}
		if !errors.Is(err, syscall.EMFILE) || !ours(err) {
			t.Errorf("%T: got %v, want %v, as trouble of our own", probe, err, syscall.EMFILE)
		}
		if err != nil {
			if got, want := reason(err, time.Second), "too many open files"; got != want {
				t.Errorf("%T: got reason %q, want %q", probe, got, want)
			}
		}
	}
}
