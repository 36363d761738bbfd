package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"weir/proxy/session"
)

type counts struct{ finished, cut int }

// shutDown runs Shutdown with the given patience and hands over what it returned.
func (r *rig) shutDown(ctx context.Context) <-chan counts {
	done := make(chan counts, 1)
	go func() {
		finished, cut := r.server.Shutdown(ctx)
		done <- counts{finished, cut}
	}()
	return done
}

// listen has the rig's listener listen while nobody accepts: clients are connected as
// far as they know, and wait in the kernel's queue.
func (r *rig) listen(t *testing.T) (socket int) {
	t.Helper()
	socket, err := r.listener.listenLocked() // nobody else is there
	if err != nil {
		t.Fatal(err)
	}
	return socket
}

// serveClosing has the relay serve a socket whose listener closes before anybody has
// been accepted.
func (r *rig) serveClosing(t *testing.T, socket int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.server.relay.Serve(ctx, socket, r.listener.Front); err != nil {
		t.Fatal(err)
	}
}

func TestShutdownTakesWhatWaits(t *testing.T) {
	o := startOrigin(t, echo)
	r := newRig(t, o.addr)
	socket := r.listen(t)
	const n = 200
	clients := make([]*net.TCPConn, n)
	for i := range clients {
		clients[i] = r.dial(t)
	}
	r.serveClosing(t, socket)
	done := r.shutDown(t.Context())
	for i, c := range clients {
		if err := echoes(c, byte(i)); err != nil {
			t.Errorf("connection %d of %d: %v", i, n, err)
		}
	}
	for _, c := range clients {
		c.Close()
	}
	if got := <-done; got.cut != 0 {
		t.Errorf("got %d connections cut, want none", got.cut)
	}
	if got := r.listener.Accepted.Load(); got != n {
		t.Errorf("got %d connections accepted, want %d", got, n)
	}
	if conn, err := net.Dial("tcp", r.listener.Addr().String()); !errors.Is(err, syscall.ECONNREFUSED) {
		if err == nil {
			conn.Close()
		}
		t.Errorf("connect after Serve has returned: got %v, want %v", err, syscall.ECONNREFUSED)
	}
}

// Who has left the queue already is in nobody's way.
func TestShutdownTakesWhatIsLeft(t *testing.T) {
	o := startOrigin(t, echo)
	r := newRig(t, o.addr)
	socket := r.listen(t)
	first, gone, last := r.dial(t), r.dial(t), r.dial(t)
	reset(gone)
	r.serveClosing(t, socket)
	done := r.shutDown(t.Context())
	for i, c := range []*net.TCPConn{first, last} {
		if err := echoes(c, byte(i)); err != nil {
			t.Errorf("connection %d: %v", i, err)
		}
		c.Close()
	}
	<-done
}

func TestShutdownWaitsThenCuts(t *testing.T) {
	o, conns := accepting(t)
	r := startRig(t, o.addr)
	const finishing, staying = 3, 5
	var clients, backends []*net.TCPConn
	for range finishing + staying {
		clients, backends = append(clients, r.dial(t)), append(backends, <-conns)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := r.shutDown(ctx)
	until(t, "the port to be closed", func() bool {
		s, err := bind(r.listener.Addr()) // fails while somebody listens
		if err == nil {
			s.close()
		}
		return err == nil
	})
	if conn, err := net.Dial("tcp", r.listener.Addr().String()); !errors.Is(err, syscall.ECONNREFUSED) {
		if err == nil {
			conn.Close()
		}
		t.Errorf("connect after Shutdown began: got %v, want %v", err, syscall.ECONNREFUSED)
	}
	if _, err := r.server.Bind("late", at(loopback(0)), r.service, session.Settings{}); !errors.Is(err, ErrServerClosed) {
		t.Errorf("Bind: got %v, want %v", err, ErrServerClosed)
	}
	// Sessions go on as if nothing were.
	for i := range clients {
		if err := errors.Join(pass(clients[i], backends[i], uint64(i), 3000), pass(backends[i], clients[i], uint64(i), 200_000)); err != nil {
			t.Errorf("during the grace: %v", err)
		}
	}
	select {
	case got := <-done:
		t.Fatalf("Shutdown returned %+v with sessions live and time left", got)
	default:
	}
	for i := range finishing {
		if err := exchange(clients[i], backends[i], bothAtOnce, uint64(i), 10_000, 20_000); err != nil {
			t.Errorf("during the grace: %v", err)
		}
	}
	r.finished(t, finishing)
	cancel()
	for i := finishing; i < finishing+staying; i++ {
		for _, conn := range []*net.TCPConn{clients[i], backends[i]} {
			conn.SetDeadline(time.Now().Add(patience))
			if n, err := conn.Read(make([]byte, 1)); n != 0 || !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("after the grace: got %d bytes and %v, want %v", n, err, syscall.ECONNRESET)
			}
		}
	}
	if got := <-done; got.cut != staying || got.finished != finishing {
		t.Errorf("got %+v, want %d finished and %d cut", got, finishing, staying)
	}
	ends := map[any]int{}
	for _, l := range r.log.lines("connection finished") {
		ends[l["end"]]++
	}
	if ends[string(session.Shutdown)] != staying || ends[string(session.Complete)] != finishing {
		t.Errorf("got ends %v, want %d %s and %d %s", ends, staying, session.Shutdown, finishing, session.Complete)
	}
	// Once more does nothing.
	if finished, cut := r.server.Shutdown(t.Context()); finished != 0 || cut != 0 {
		t.Errorf("a second Shutdown: got %d finished and %d cut, want none", finished, cut)
	}
	if err := r.listener.Serve(); !errors.Is(err, ErrServerClosed) {
		t.Errorf("Serve after Shutdown: got %v, want %v", err, ErrServerClosed)
	}
}

func TestShutdownInMidTransfer(t *testing.T) {
	o, conns := accepting(t)
	r := startRig(t, o.addr)
	const n = 8
	var sides []*net.TCPConn
	for range n {
		sides = append(sides, r.dial(t), <-conns)
	}
	var sending, reading, bulk sync.WaitGroup
	for i, conn := range sides {
		conn.SetDeadline(time.Now().Add(patience))
		sending.Go(func() {
			if _, err := io.Copy(onlyWriter{conn}, noise(uint64(i), 1<<40)); !lost(err) {
				t.Errorf("a sender got %v, want a reset", err)
			}
		})
		if i < n { // else both flows come to stand still, pipes full
			bulk.Add(1)
			reading.Go(func() {
				_, err := io.CopyN(io.Discard, onlyReader{conn}, 1<<20)
				bulk.Done()
				if err == nil {
					io.Copy(io.Discard, onlyReader{conn})
				}
			})
		}
	}
	bulk.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := <-r.shutDown(ctx); got.cut != n || got.finished != 0 {
		t.Errorf("got %+v, want %d cut", got, n)
	}
	sending.Wait()
	reading.Wait()
}

func TestShutdownDuringConnect(t *testing.T) {
	r := newRig(t, silentAddr(t))
	r.service.ConnectTimeout = time.Hour
	r.service.Retries = 3
	r.serve(t)
	client := r.dial(t)
	until(t, "the connect", func() bool { return r.backends[0].Active.Load() == 1 })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := <-r.shutDown(ctx); got.cut != 1 || got.finished != 0 {
		t.Errorf("got %+v, want 1 cut", got)
	}
	client.SetDeadline(time.Now().Add(patience))
	if n, err := client.Read(make([]byte, 1)); n != 0 || !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %d bytes and %v, want %v", n, err, syscall.ECONNRESET)
	}
	if got := r.backends[0].Failures.Load(); got != 0 {
		t.Errorf("got %d failures of a backend that had time left, want 0", got)
	}
	if got := r.finished(t, 1)[0]["end"]; got != string(session.Shutdown) {
		t.Errorf("got end %v, want %v", got, session.Shutdown)
	}
}

// The moment at which a session goes from connect to relay is not seen from
// outside, so many are cut at all moments of their life.
func TestShutdownAtAnyMoment(t *testing.T) {
	o := startOrigin(t, echo)
	for round := range 16 {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			r := startRig(t, o.addr)
			for i := range 2 * round {
				conn := r.dial(t)
				if i%3 == 0 {
					conn.Write([]byte{byte(i)})
				}
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			<-r.shutDown(ctx)
			if got := r.backends[0].Active.Load(); got != 0 {
				t.Errorf("got %d active connections after Shutdown, want 0", got)
			}
			if got, want := len(r.log.lines("connection finished")), int(r.listener.Accepted.Load()); got != want {
				t.Errorf("got %d sessions finished, want the %d accepted", got, want)
			}
		})
	}
}

func TestShutdownWithoutServe(t *testing.T) {
	r := newRig(t)
	if finished, cut := r.server.Shutdown(t.Context()); finished != 0 || cut != 0 {
		t.Errorf("got %d finished and %d cut, want none", finished, cut)
	}
	if err := r.listener.Serve(); !errors.Is(err, ErrServerClosed) {
		t.Errorf("Serve: got %v, want %v", err, ErrServerClosed)
	}
	// The address is free again.
	ln, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(r.listener.Addr().AddrPort))
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
}
