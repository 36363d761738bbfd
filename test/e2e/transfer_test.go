package e2e

import (
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"weir/test/rig"
)

// stream is a reproducible content of its own for each seed.
func stream(seed, size int) io.Reader {
	var key [32]byte
	copy(key[:], fmt.Sprint(seed))
	return io.LimitReader(rand.NewChaCha8(key), int64(size))
}

// digest reads to the end.
func digest(r io.Reader) (string, error) {
	h := sha256.New()
	n, err := io.Copy(h, r)
	return fmt.Sprintf("%d bytes %x", n, h.Sum(nil)), err
}

// Both sides send at once, each something else, end their half, and read the
// other's to its end.
func TestTransfers(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct{ connections, size int }{{1, 50 * mib}, {100, mib}, {1000, mib}} {
		t.Run(fmt.Sprintf("%d of %d MiB", c.connections, c.size/mib), func(t *testing.T) {
			testTransfers(t, c.connections, c.size)
		})
	}
}

func testTransfers(t *testing.T, connections, size int) {
	// Sizes differ by direction: a swap must not go unseen.
	up, down := size, size+4321
	wantUp, _ := digest(stream(1, up))
	wantDown, _ := digest(stream(2, down))

	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	problems := make(chan error, 2*connections)
	exchange := func(conn net.Conn, seed, size int, want string) {
		defer conn.Close()
		var sending sync.WaitGroup
		defer sending.Wait()
		sending.Go(func() {
			if _, err := io.Copy(conn, stream(seed, size)); err != nil {
				problems <- err
				return
			}
			conn.(*net.TCPConn).CloseWrite()
		})
		got, err := digest(conn)
		if err != nil || got != want {
			problems <- fmt.Errorf("got %s (%v), want %s", got, err, want)
		}
	}
	serving.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { exchange(conn, 2, down, wantUp) })
		}
	})
	w := rig.StartWeir(t, filesConfig(t, ln.Addr().(*net.TCPAddr)))
	addr := w.Address(t, "web")

	var clients sync.WaitGroup
	for range connections {
		clients.Go(func() {
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				problems <- err
				return
			}
			exchange(conn, 1, up, wantDown)
		})
	}
	clients.Wait()
	ln.Close()
	serving.Wait()
	close(problems)
	for err := range problems {
		t.Error(err)
	}
	if code := w.Stop(t); code != 0 {
		t.Errorf("exit code: got %d, want 0", code)
	}
	for _, l := range w.Find("connection finished") {
		if l.Num("bytes_up") != up || l.Num("bytes_down") != down || l.Str("end") != "complete" {
			t.Errorf("logged %v, want %d bytes up, %d down, complete", l.Fields, up, down)
		}
	}
	if got := len(w.Find("connection finished")); got != connections {
		t.Errorf("connections logged: got %d, want %d", got, connections)
	}
}

// filesConfig is one service "web" of one instance, in a service file, without
// heartbeats.
func filesConfig(t *testing.T, backend *net.TCPAddr) string {
	t.Helper()
	dir := t.TempDir()
	definition := fmt.Sprintf("service {\n  name = \"web\"\n  address = %q\n  port = %d\n}\n", backend.IP, backend.Port)
	if err := os.WriteFile(filepath.Join(dir, "web.hcl"), []byte(definition), 0o600); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("files {\n  dir = %q\n}\nservice \"web\" {}\nlistener \"web\" {\n  bind = \"127.0.0.1:0\"\n  service = \"web\"\n}\n", dir)
}
