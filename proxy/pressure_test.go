package proxy

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// While nobody reads at the far end, what was sent waits in the kernel and in the
// sender, not in the proxy.
func TestSlowReaderHoldsTheWriterBack(t *testing.T) {
	const n, size = 8, 1 << 30 // more than the kernel ever holds
	o, conns := accepting(t)
	r := startRig(t, o.addr)
	clients, backends := make([]*net.TCPConn, n), make([]*net.TCPConn, n)
	for i := range n {
		clients[i] = r.dial(t)
		backends[i] = <-conns
		backends[i].SetReadBuffer(64 << 10)
	}
	before := heap()

	sent := make([]*meter, n)
	var g errgroup.Group
	for i, c := range clients {
		sent[i] = newMeter()
		g.Go(func() error { return fill(c, uint64(i), size, sent[i]) })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	var waiting int64
	for i := range sent {
		waiting += sent[i].length
	}
	if waiting < n*256<<10 {
		t.Fatalf("only %d bytes are under way: this test shows nothing", waiting)
	}
	// A buffer of 32 KiB is held by each, no more.
	if grown := heap() - before; grown > n*(bufferSize+16<<10) {
		t.Errorf("with %d bytes under way the heap grew by %d, want at most %d for each of %d connections", waiting, grown, bufferSize+16<<10, n)
	} else {
		t.Logf("%d bytes under way, heap grown by %d", waiting, grown)
	}

	// Now they read, one by one in small pieces, and nothing is missing.
	for i := range n {
		g.Go(func() error { return clients[i].CloseWrite() })
		g.Go(func() error {
			got, err := receive(backends[i])
			if want := sent[i].digest(); err == nil && got != want {
				t.Errorf("connection %d: got %+v, want %+v", i, got, want)
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

// fill writes noise to conn until conn takes no more for a while, and tells m what it took.
func fill(conn *net.TCPConn, seed uint64, size int64, m *meter) error {
	defer conn.SetWriteDeadline(time.Time{})
	r, buf := noise(seed, size), make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		if err != nil {
			return errors.New("fill: it took everything")
		}
		conn.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
		n, err = conn.Write(buf[:n])
		m.Write(buf[:n])
		if err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				return nil
			}
			return err
		}
	}
}

// heap returns the bytes in use on the heap.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// A message goes on at once, however small, and whatever its flow did before.
func TestMessagesAreNotHeldBack(t *testing.T) {
	o, conns := accepting(t)
	r := startRig(t, o.addr)
	client := r.dial(t)
	backend := <-conns
	for conn := range map[*net.TCPConn]bool{client: true, backend: true} {
		conn.SetDeadline(time.Now().Add(patience))
	}
	// Each side writes, then the other has it, before the next is written: if the
	// relay kept a byte of any of these, the test would stand still.
	sizes := []int{1, 2, 3, 1, 700, 1, bufferSize, 1, 4 << 20, 1, 5, 1 << 20, bufferSize - 1, 2, 3, 1, 1, 1, 1, 9 << 20, 1, 2, 1 << 17}
	for i := range 2 * len(sizes) {
		n := sizes[i%len(sizes)]
		if err := pass(client, backend, uint64(2*i), int64(n)); err != nil {
			t.Fatalf("message %d up, of %d bytes: %v", i, n, err)
		}
		n = sizes[(i+7)%len(sizes)] // one side's bulk meets the other's single bytes
		if err := pass(backend, client, uint64(2*i+1), int64(n)); err != nil {
			t.Fatalf("message %d down, of %d bytes: %v", i, n, err)
		}
	}
}

func TestManySmallWrites(t *testing.T) {
	o, conns := accepting(t)
	r := startRig(t, o.addr)
	client := r.dial(t)
	backend := <-conns
	client.SetNoDelay(true)
	var g errgroup.Group
	want := newMeter()
	g.Go(func() error {
		in := io.TeeReader(noise(1, 10_000), want)
		for buf, n := make([]byte, 3), 1; ; n = n%3 + 1 {
			got, err := in.Read(buf[:n])
			if err != nil {
				return client.CloseWrite()
			}
			if _, err := client.Write(buf[:got]); err != nil {
				return err
			}
		}
	})
	got, err := receive(backend)
	if err := errors.Join(err, g.Wait()); err != nil {
		t.Fatal(err)
	}
	if got != want.digest() {
		t.Errorf("got %+v, want %+v", got, want.digest())
	}
}

// pass writes n bytes of noise to src and reads them from dst.
func pass(src, dst *net.TCPConn, seed uint64, n int64) error {
	sent, got := newMeter(), newMeter()
	var g errgroup.Group
	g.Go(func() error {
		_, err := io.CopyBuffer(onlyWriter{src}, io.TeeReader(noise(seed, n), sent), make([]byte, 256<<10))
		return err
	})
	g.Go(func() error {
		_, err := io.CopyN(got, onlyReader{dst}, n)
		return err
	})
	if err := g.Wait(); err != nil {
		return err
	}
	if got.digest() != sent.digest() {
		return fmt.Errorf("got %+v, want %+v", got.digest(), sent.digest())
	}
	return nil
}
