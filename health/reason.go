package health

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"
	"unicode/utf8"
)

// maxExcerpt bounds, in bytes, what is shown of something that a backend sent.
const maxExcerpt = 60

// failure is an error in the operator's words that still wraps its cause.
type failure struct {
	text  string
	cause error
}

func (f *failure) Error() string { return f.text }
func (f *failure) Unwrap() error { return f.cause }

// explain shortens an error of the network to what is of use in a line of the log: the address stands there already.
func explain(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return &failure{"connection closed in the middle of the answer", err}
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return &failure{errno.Error(), err}
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return &failure{op.Err.Error(), err}
	}
	return err
}

// reason returns what to tell the operator of a failed heartbeat that had this time-out.
func reason(err error, timeout time.Duration) string {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Sprintf("timed out after %s", timeout)
	}
	return err.Error()
}

// ours reports whether err is trouble on our own side of the connection, which says nothing about the backend: no
// descriptors, no local port, no memory, or somebody's change of mind.
func ours(err error) bool {
	for _, own := range []error{
		syscall.EMFILE, syscall.ENFILE, syscall.EADDRNOTAVAIL, syscall.ENOBUFS, syscall.ENOMEM, context.Canceled,
	} {
		if errors.Is(err, own) {
			return true
		}
	}
	return false
}

// excerpt quotes the beginning of text from a stranger: printable, on one line, bounded.
func excerpt[T string | []byte](text T) string {
	if len(text) <= maxExcerpt {
		return strconv.Quote(string(text))
	}
	end := maxExcerpt
	for end > maxExcerpt-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end-- // not through the middle of a character
	}
	return strconv.Quote(string(text[:end])) + "…"
}
