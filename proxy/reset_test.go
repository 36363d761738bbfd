package proxy

import (
	"bytes"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"weir/proxy/session"
)

func TestResetIsPassedOn(t *testing.T) {
	for _, test := range []struct {
		name string
		pick func(client, backend *net.TCPConn) (resets, learns *net.TCPConn)
		want session.EndReason
	}{
		{"client to backend", func(c, b *net.TCPConn) (_, _ *net.TCPConn) { return c, b }, session.ClientReset},
		{"backend to client", func(c, b *net.TCPConn) (_, _ *net.TCPConn) { return b, c }, session.BackendReset},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, when := range []string{"at rest", "after the other's end", "after its own bulk"} {
				t.Run(when, func(t *testing.T) {
					o, conns := accepting(t)
					r := startRig(t, o.addr)
					client := r.dial(t)
					resets, learns := test.pick(client, <-conns)
					switch when {
					case "at rest":
						if err := errors.Join(pass(resets, learns, 1, 100), pass(learns, resets, 2, 300)); err != nil {
							t.Fatal(err)
						}
					case "after the other's end":
						learns.CloseWrite()
						if n, err := resets.Read(make([]byte, 1)); n != 0 || err != io.EOF {
							t.Fatalf("got %d bytes and %v before the reset, want an end", n, err)
						}
					case "after its own bulk":
						if err := pass(resets, learns, 1, 3<<20); err != nil {
							t.Fatal(err)
						}
					}
					reset(resets)
					learns.SetDeadline(time.Now().Add(patience))
					if n, err := learns.Read(make([]byte, 1)); n != 0 || !errors.Is(err, syscall.ECONNRESET) {
						t.Errorf("got %d bytes and %v, want %v", n, err, syscall.ECONNRESET)
					}
					if got := r.finished(t, 1)[0]["end"]; got != string(test.want) {
						t.Errorf("got end %v, want %v", got, test.want)
					}
				})
			}
		})
	}
}

// One side sends without end; the other takes some, then resets. The sender must
// learn of it from its own write.
func TestResetInMidTransfer(t *testing.T) {
	for _, test := range []struct {
		name string
		pick func(client, backend *net.TCPConn) (sender, resets *net.TCPConn)
		want session.EndReason
	}{
		{"upload", func(c, b *net.TCPConn) (_, _ *net.TCPConn) { return c, b }, session.BackendReset},
		{"download", func(c, b *net.TCPConn) (_, _ *net.TCPConn) { return b, c }, session.ClientReset},
	} {
		t.Run(test.name, func(t *testing.T) {
			o, conns := accepting(t)
			r := startRig(t, o.addr)
			client := r.dial(t)
			sender, resets := test.pick(client, <-conns)
			var g errgroup.Group
			g.Go(func() error {
				if _, err := io.CopyN(io.Discard, onlyReader{resets}, 5<<20); err != nil {
					return err
				}
				reset(resets)
				return nil
			})
			sender.SetDeadline(time.Now().Add(patience))
			_, err := io.Copy(onlyWriter{sender}, noise(1, 1<<40))
			if !lost(err) {
				t.Errorf("the sender got %v, want a reset", err)
			}
			if err := g.Wait(); err != nil {
				t.Error(err)
			}
			if got := r.finished(t, 1)[0]["end"]; got != string(test.want) {
				t.Errorf("got end %v, want %v", got, test.want)
			}
		})
	}
}

// A sender is reset in the middle of its stream: the receiver must not take the
// part that it got for the whole.
func TestSenderResetsInMidTransfer(t *testing.T) {
	o, conns := accepting(t)
	r := startRig(t, o.addr)
	client := r.dial(t)
	backend := <-conns
	if _, err := io.CopyN(onlyWriter{client}, noise(1, 3<<20), 1<<20); err != nil {
		t.Fatal(err)
	}
	reset(client)
	backend.SetDeadline(time.Now().Add(patience))
	if n, err := io.Copy(io.Discard, onlyReader{backend}); n > 1<<20 || !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %d bytes and %v, want at most %d and %v", n, err, 1<<20, syscall.ECONNRESET)
	}
	if got := r.finished(t, 1)[0]["end"]; got != string(session.ClientReset) {
		t.Errorf("got end %v, want %v", got, session.ClientReset)
	}
}

// Both sides write and neither reads, so that both flows stand still. When the
// backend is lost, the client must learn of it though it reads nothing.
func TestResetReachesAClientThatOnlyWrites(t *testing.T) {
	o, conns := accepting(t)
	r := startRig(t, o.addr)
	client := r.dial(t)
	backend := <-conns
	var g errgroup.Group
	for seed, conn := range []*net.TCPConn{client, backend} {
		g.Go(func() error { return fill(conn, uint64(seed), 1<<30, newMeter()) })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	reset(backend)
	client.SetWriteDeadline(time.Now().Add(patience))
	if _, err := io.Copy(onlyWriter{client}, noise(2, 1<<40)); !lost(err) {
		t.Errorf("got %v, want a reset", err)
	}
	if got := r.finished(t, 1)[0]["end"]; got != string(session.BackendReset) {
		t.Errorf("got end %v, want %v", got, session.BackendReset)
	}
}

// A backend answers before it has read everything, as a web server does that
// refuses an upload, and closes: the answer arrives, then the reset.
func TestAnswerBeforeTheEndOfTheRequest(t *testing.T) {
	answer := bytes.Repeat([]byte("413 too large\n"), 100)
	o := startOrigin(t, func(conn *net.TCPConn) {
		io.ReadFull(conn, make([]byte, 10))
		conn.Write(answer)
	})
	r := startRig(t, o.addr)
	client := r.dial(t)
	client.SetDeadline(time.Now().Add(patience))
	var g errgroup.Group
	g.Go(func() error {
		if _, err := io.Copy(onlyWriter{client}, noise(1, 1<<40)); !lost(err) {
			t.Errorf("the upload got %v, want a reset", err)
		}
		return nil
	})
	got, err := io.ReadAll(client)
	g.Wait()
	// Of read and write the kernel tells one only of the reset: mostly the write.
	if !bytes.Equal(got, answer) || err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %d bytes of answer and %v, want %d", len(got), err, len(answer))
	}
	if got := r.finished(t, 1)[0]["end"]; got != string(session.BackendReset) {
		t.Errorf("got end %v, want %v", got, session.BackendReset)
	}
}

// lost reports whether err is what a writer sees of a reset.
func lost(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
