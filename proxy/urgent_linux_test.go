package proxy

import (
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"weir/proxy/session"
)

// An urgent byte is passed on in its place, as an ordinary one, and nothing waits for more
// to come. Splice finds nothing at such a place, or an end.
func TestUrgentData(t *testing.T) {
	for _, test := range []struct {
		name          string
		before, after int64
		ends          bool // its half, after that
	}{
		{"at rest", 0, 0, false},
		{"at rest, then bytes", 0, 100, false},
		{"after bytes", 100, 0, false},
		{"between bytes", bufferSize + 1, 100, false},
		{"between bytes and an end", 100, 200, true},
		{"amid bulk", 40 * bulkSize, 10 * bulkSize, false},
		{"amid bulk, one byte follows", 40 * bulkSize, 1, false},
		{"amid bulk, a byte and an end follow", 40 * bulkSize, 1, true},
		{"at the end of bulk", 40*bulkSize + 7, 0, false},
		{"at the end of bulk, an end follows", 40*bulkSize + 7, 0, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			o, conns := accepting(t)
			r := startRig(t, o.addr)
			for _, up := range []bool{true, false} {
				src, dst := r.dial(t), <-conns
				if !up {
					src, dst = dst, src
				}
				if err := passUrgent(src, dst, test.before, test.after, test.ends); err != nil {
					t.Fatalf("up: %v: %v", up, err)
				}
				// The other direction doesn't mind, and both end as ever.
				var err error
				if test.ends {
					_, err = send(dst, 6, 1000)
					if err == nil {
						_, err = receive(src)
					}
				} else {
					err = exchange(dst, src, clientFirst, 5, 1000, 2000)
				}
				if err != nil {
					t.Errorf("up: %v: afterwards: %v", up, err)
				}
			}
			for _, l := range r.finished(t, 2) {
				if l["end"] != string(session.Complete) {
					t.Errorf("got end %v, want %v", l["end"], session.Complete)
				}
			}
		})
	}
}

// passUrgent writes bytes, an urgent one, and bytes, and reads them all.
func passUrgent(src, dst *net.TCPConn, before, after int64, ends bool) error {
	src.SetDeadline(time.Now().Add(patience))
	dst.SetDeadline(time.Now().Add(patience))
	raw, err := src.SyscallConn()
	if err != nil {
		return err
	}
	n := before + 1 + after
	sent, got := newMeter(), newMeter()
	var g errgroup.Group
	g.Go(func() error {
		in := io.TeeReader(noise(9, before+after), sent)
		if _, err := io.CopyN(onlyWriter{src}, in, before); err != nil {
			return err
		}
		var urgent error
		err := raw.Write(func(fd uintptr) bool {
			urgent = unix.Sendto(int(fd), []byte{'!'}, unix.MSG_OOB, nil)
			return urgent != unix.EAGAIN
		})
		if err := errors.Join(err, urgent); err != nil {
			return err
		}
		sent.Write([]byte{'!'})
		if _, err := io.CopyN(onlyWriter{src}, in, after); err != nil || !ends {
			return err
		}
		return src.CloseWrite()
	})
	g.Go(func() error {
		at, err := io.CopyN(got, onlyReader{dst}, n)
		if err != nil {
			return fmt.Errorf("after %d bytes of %d: %w", at, n, err)
		}
		if ends {
			if at, err := dst.Read(make([]byte, 1)); at != 0 || err != io.EOF {
				return fmt.Errorf("got %d bytes and %v, want an end", at, err)
			}
		}
		return nil
	})
	if err := g.Wait(); err != nil {
		return err
	}
	if got.digest() != sent.digest() {
		return fmt.Errorf("got %+v, want %+v", got.digest(), sent.digest())
	}
	return nil
}
