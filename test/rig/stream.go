package rig

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A Stream is a long-lived connection on which both sides send numbered frames all the time, each at
// its own pace, and check all that comes.
type Stream struct {
	Client string // its local address, as weir logs it
	Name   string // of the backend
	Opened time.Time

	// They may be read once the stream has ended.
	Got   int       // frames
	Ended time.Time // when it heard of the end
	Err   error     // nil if it went on until Stop, and both sides had got all

	conn  net.Conn
	id    uint32
	in    *bufio.Reader
	quit  chan struct{} // closed to make it stop
	ended chan struct{} // closed when it has
}

// Streams are open together.
type Streams []*Stream

// OpenStreams opens n connections, whose sides send a frame every so often, and returns when each
// has a backend. They last until Stop or the test's end.
func OpenStreams(t testing.TB, addr string, n int, every time.Duration) Streams {
	t.Helper()
	all := make(Streams, n)
	errs := make([]error, n)
	var opening sync.WaitGroup
	turns := make(chan struct{}, 32)
	for i := range n {
		opening.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			all[i], errs[i] = openStream(addr, every)
		})
	}
	opening.Wait()
	for _, s := range all {
		if s != nil {
			t.Cleanup(func() { s.conn.Close(); <-s.ended })
		}
	}
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	return all
}

func openStream(addr string, every time.Duration) (*Stream, error) {
	opened := time.Now()
	conn, err := net.DialTimeout("tcp", addr, Patience)
	if err != nil {
		return nil, err
	}
	s := &Stream{
		Client: conn.LocalAddr().String(), Opened: opened, conn: conn, id: rand.Uint32(),
		in: bufio.NewReader(conn), quit: make(chan struct{}), ended: make(chan struct{}),
	}
	conn.SetDeadline(time.Now().Add(Patience))
	fmt.Fprintf(conn, "GET /stream?id=%d&every=%s HTTP/1.1\r\nHost: x\r\n\r\n", s.id, every)
	name, err := s.in.ReadString('\n')
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("open a stream from %s: %w", s.Client, err)
	}
	conn.SetDeadline(time.Time{})
	s.Name = strings.TrimSpace(name)
	go s.run(every)
	return s, nil
}

func (s *Stream) run(every time.Duration) {
	defer close(s.ended)
	var sending sync.WaitGroup
	gone := make(chan struct{}) // closed when nothing comes any more
	var refused error           // of a write
	sending.Go(func() { refused = s.send(every, gone) })
	from := unframer{stream: s.id, direction: fromServer, in: s.in}
	for last := false; s.Err == nil && !last; {
		last, s.Err = from.next()
	}
	s.Ended, s.Got = time.Now(), int(from.number)
	close(gone)
	s.conn.Close() // so that no write waits
	sending.Wait()
	if errors.Is(s.Err, io.EOF) && errors.Is(refused, syscall.ECONNRESET) {
		s.Err = refused // the kernel tells of a reset once: the write, and then the read of an end
	}
	select {
	case <-s.quit:
	default:
		if s.Err == nil {
			s.Err = errors.New("the backend ended it by itself")
		}
	}
}

// send writes until nothing comes any more, or with a last frame when it has to stop.
func (s *Stream) send(every time.Duration, gone <-chan struct{}) error {
	to := framer{stream: s.id, direction: fromClient}
	pace := time.NewTicker(every)
	defer pace.Stop()
	for {
		if _, err := s.conn.Write(to.next(goesOn, nil)); err != nil {
			return err
		}
		select {
		case <-gone:
			return nil
		case <-s.quit:
			s.conn.Write(to.next(isLast, nil))
			s.conn.(*net.TCPConn).CloseWrite()
			return nil
		case <-pace.C:
		}
	}
}

// Live are those that go on.
func (all Streams) Live() (live Streams) { live, _ = all.split(); return live }

// Over are those that have ended.
func (all Streams) Over() (over Streams) { _, over = all.split(); return over }

func (all Streams) split() (live, over Streams) {
	for _, s := range all {
		select {
		case <-s.ended:
			over = append(over, s)
		default:
			live = append(live, s)
		}
	}
	return live, over
}

// On are those that a backend of this name has.
func (all Streams) On(name string) (on Streams) {
	for _, s := range all {
		if s.Name == name {
			on = append(on, s)
		}
	}
	return on
}

// Stop ends them all, once, and returns those that had ended before, or did not end well.
func (all Streams) Stop() (cut Streams) {
	for _, s := range all {
		close(s.quit)
		s.conn.SetDeadline(time.Now().Add(Patience))
	}
	for _, s := range all {
		if <-s.ended; s.Err != nil {
			cut = append(cut, s)
		}
	}
	return cut
}

// HoldStream opens one stream and stops it after that time, or when quit is closed. It returns why it
// ended before or badly.
func HoldStream(addr string, every, length time.Duration, quit <-chan struct{}) error {
	s, err := openStream(addr, every)
	if err != nil {
		return err
	}
	select {
	case <-s.ended:
	case <-quit:
	case <-time.After(length):
	}
	Streams{s}.Stop()
	if s.Err != nil {
		return fmt.Errorf("stream of %s to %s: %w", s.Client, s.Name, s.Err)
	}
	return nil
}

// serveStream is the backend's side: it sends until the client's last frame, and says so if one was wrong.
func serveStream(conn net.Conn, in *bufio.Reader, id uint32, every time.Duration) {
	var sending sync.WaitGroup
	to := framer{stream: id, direction: fromServer}
	gone := make(chan struct{})
	sending.Go(func() {
		pace := time.NewTicker(every)
		defer pace.Stop()
		for {
			if _, err := conn.Write(to.next(goesOn, nil)); err != nil {
				return
			}
			select {
			case <-gone:
				return
			case <-pace.C:
			}
		}
	})
	from := unframer{stream: id, direction: fromClient, in: in}
	last, err := false, error(nil)
	for err == nil && !last {
		last, err = from.next()
	}
	close(gone)
	sending.Wait()
	if err != nil {
		conn.Write(to.next(complains, []byte(err.Error())))
		return
	}
	conn.Write(to.next(isLast, nil))
	io.Copy(io.Discard, in) // the client's end, before ours
}
