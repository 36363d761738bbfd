//go:build linux && (amd64 || arm64)

package loop

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// Bulk goes through a pipe, in either direction, and a flow at rest holds none.
func TestBulkIsSpliced(t *testing.T) {
	r := startRig(t)
	client, backend := r.dial(t)
	for _, test := range []struct {
		name     string
		from, to *net.TCPConn
		flow     func(*conn) *flow
	}{
		{"up", client, backend, func(c *conn) *flow { return &c.up }},
		{"down", backend, client, func(c *conn) *flow { return &c.down }},
	} {
		t.Run(test.name, func(t *testing.T) {
			const size = 64 << 20
			var g errgroup.Group
			g.Go(func() error {
				_, err := io.CopyN(onlyWriter{test.from}, zeros{}, size)
				return err
			})
			if _, err := io.CopyN(io.Discard, onlyReader{test.to}, size/2); err != nil {
				t.Fatal(err)
			}
			spliced, held := false, 0
			r.inside(func(l *loop) {
				for _, s := range l.sides {
					if s != nil && s == &s.conn.client {
						spliced = spliced || test.flow(s.conn).bulk()
					}
				}
			})
			if !spliced {
				t.Error("in mid-transfer: got a flow that is copied, want it spliced")
			}
			if _, err := io.CopyN(io.Discard, onlyReader{test.to}, size/2); err != nil {
				t.Fatal(err)
			}
			if err := g.Wait(); err != nil {
				t.Fatal(err)
			}
			r.inside(func(l *loop) { held += l.pipes.open - len(l.pipes.idle) })
			if held != 0 {
				t.Errorf("at rest: got %d pipes held, want none", held)
			}
		})
	}
	until(t, "the idle pipes to be closed", func() bool {
		open := 0
		r.inside(func(l *loop) { open += l.pipes.open })
		return open == 0
	})
}

// Without a pipe bulk is copied.
func TestBulkWithoutPipes(t *testing.T) {
	r := startRig(t)
	client, backend := r.dial(t)
	r.inside(func(l *loop) { l.pipes.open = maxPipes })
	sent := make([]byte, 9<<20)
	rand.NewChaCha8([32]byte{1}).Read(sent)
	var g errgroup.Group
	g.Go(func() error {
		if _, err := client.Write(sent); err != nil {
			return err
		}
		return client.CloseWrite()
	})
	got, err := io.ReadAll(backend)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, sent) {
		t.Errorf("got other bytes than were sent: %d, want %d", len(got), len(sent))
	}
	r.inside(func(l *loop) {
		if l.pipes.open != maxPipes || len(l.pipes.idle) > 0 {
			t.Errorf("got %d pipes and %d idle, want no more than there were", l.pipes.open, len(l.pipes.idle))
		}
	})
}

func TestPipesAreFew(t *testing.T) {
	l := &loop{wheel: newWheel(), began: time.Now()}
	var lent []*pipe
	for range maxPipes {
		p := l.pipes.take(l)
		if p == nil {
			t.Fatalf("got none after %d pipes, want %d", len(lent), maxPipes)
		}
		lent = append(lent, p)
	}
	if l.pipes.take(l) != nil {
		t.Errorf("got a pipe beyond %d", maxPipes)
	}
	l.pipes.put(lent[0], false) // bytes are left in it
	if lent[0] = l.pipes.take(l); lent[0] == nil {
		t.Error("got none though one was closed")
	}
	for _, p := range lent {
		l.pipes.put(p, true)
	}
	// The first time says nothing: they were lent since.
	for range 2 {
		l.began = l.began.Add(-pipeRest - 2*tick)
		l.readClock()
		l.advance(l)
	}
	if l.pipes.open != 0 || len(l.pipes.idle) != 0 {
		t.Errorf("after a rest: got %d pipes open, %d of them idle, want none", l.pipes.open, len(l.pipes.idle))
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// These keep io.CopyN from ways around its buffer.
type (
	onlyReader struct{ io.Reader }
	onlyWriter struct{ io.Writer }
)
