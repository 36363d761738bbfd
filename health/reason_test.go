package health

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestReason(t *testing.T) {
	dial := func(err error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv6loopback, Port: 80}, Err: err}
	}
	tests := []struct {
		err  error
		want string
		ours bool
	}{
		{dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)), "connection refused", false},
		{dial(os.NewSyscallError("connect", syscall.EHOSTUNREACH)), "no route to host", false},
		{dial(os.NewSyscallError("connect", syscall.ETIMEDOUT)), "connection timed out", false},
		{dial(os.NewSyscallError("connect", syscall.EADDRNOTAVAIL)), "cannot assign requested address", true},
		{dial(os.NewSyscallError("socket", syscall.EMFILE)), "too many open files", true},
		{dial(os.ErrDeadlineExceeded), "timed out after 1.5s", false},
		{dial(&net.AddrError{Err: "odd", Addr: "x"}), "address x: odd", false},
		{fmt.Errorf("read: %w", io.ErrUnexpectedEOF), "connection closed in the middle of the answer", false},
		{errors.New("as it is"), "as it is", false},
	}
	for _, test := range tests {
		err := explain(test.err)
		if got := reason(err, 1500*time.Millisecond); got != test.want {
			t.Errorf("%v: got reason %q, want %q", test.err, got, test.want)
		}
		if got := ours(err); got != test.ours {
			t.Errorf("%v: got ours %t, want %t", test.err, got, test.ours)
		}
	}
}

func TestExcerpt(t *testing.T) {
	xs := strings.Repeat("x", 60)
	for text, want := range map[string]string{
		"":                         `""`,
		xs:                         `"` + xs + `"`,
		xs + "y":                   `"` + xs + `"…`,
		xs[1:] + "éé":              `"` + xs[1:] + `"…`, // the 60th byte is the first of é
		strings.Repeat("\x80", 80): `"` + strings.Repeat(`\x80`, 56) + `"…`,
		"a\u202eb\"\n":             `"a\u202eb\"\n"`,
	} {
		if got := excerpt(text); got != want {
			t.Errorf("excerpt of %q:\ngot  %s\nwant %s", text, got, want)
		}
	}
}
