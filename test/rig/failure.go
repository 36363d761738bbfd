package rig

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
)

// Kind says in a word how a connection failed.
func Kind(err error) string {
	var timeout net.Error
	switch {
	case err == nil:
		return "none"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "cut short"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "timed out"
	}
	return "wrong"
}

// Failures counts by kind.
type Failures map[string]int

// Count counts the failed ones.
func Count(results []Result) Failures {
	f := Failures{}
	for _, r := range results {
		if r.Err != nil {
			f[Kind(r.Err)]++
		}
	}
	return f
}

// Sum is how many there are of all kinds.
func (f Failures) Sum() (n int) {
	for _, count := range f {
		n += count
	}
	return n
}

func (f Failures) String() string {
	if len(f) == 0 {
		return "none"
	}
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(f)) {
		parts = append(parts, fmt.Sprintf("%d %s", f[kind], kind))
	}
	return strings.Join(parts, ", ")
}
