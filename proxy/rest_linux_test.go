package proxy

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// What 3,000 connections cost that have exchanged a message each way, and every
// tenth of them a mebibyte, and now rest.
func TestRestingConnections(t *testing.T) {
	const n = 3000
	o, conns := accepting(t)
	c := startChild(t, o.addr)
	talk := func(i int, client, backend *net.TCPConn) error {
		if i%10 == 0 {
			if err := pass(client, backend, uint64(i), 1<<20); err != nil {
				return err
			}
			if err := pass(backend, client, uint64(i), 1<<20+7); err != nil {
				return err
			}
		}
		if err := pass(client, backend, uint64(i), 64); err != nil {
			return err
		}
		return pass(backend, client, uint64(i), 100)
	}
	join := func(n int) (clients, backends []*net.TCPConn) {
		var g errgroup.Group
		g.SetLimit(8)
		for i := range n {
			client, backend := c.dial(t), <-conns
			clients, backends = append(clients, client), append(backends, backend)
			g.Go(func() error { return talk(i, client, backend) })
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
		return clients, backends
	}
	// What the first connections bring along and leave behind is not the others' cost.
	clients, backends := join(100)
	for i := range clients {
		clients[i].Close()
		backends[i].Close()
	}
	until(t, "the first connections to be gone", func() bool {
		return c.tell(t, "collect").Sessions == 0 && c.pipes(t) == 0
	})
	fdsBefore, rssBefore := len(descriptorsOf(t, c.proc)), c.status(t, "VmRSS")

	join(n)
	grown := c.status(t, "VmRSS") - rssBefore
	pipes := c.pipes(t)
	// Idle pipes belong to no connection, and don't stay.
	until(t, "the idle pipes to be closed", func() bool { c.tell(t, "collect"); return c.pipes(t) == 0 })
	fds, collected := len(descriptorsOf(t, c.proc))-fdsBefore, c.status(t, "VmRSS")-rssBefore
	t.Logf("%d resting connections: %.3f descriptors and %d bytes of memory each (%d after garbage collection); %d idle pipes",
		n, float64(fds)/n, grown/n, collected/n, pipes)
	if fds != 2*n {
		t.Errorf("got %d descriptors for %d connections, want %d", fds, n, 2*n)
	}
	const maxPipes = 128
	if pipes > maxPipes {
		t.Errorf("got %d pipes, want %d at most", pipes, maxPipes)
	}
	// Without garbage, the amount of which is a matter of when the collector last ran.
	limit := 8 << 10
	if onLoop() {
		limit = 1 << 10
	}
	if !raceEnabled && collected > n*limit {
		t.Errorf("got %d bytes of memory each, want %d at most", collected/n, limit)
	}
}

// Bulk is spliced: its bytes are not read into the process.
func TestBulkIsSpliced(t *testing.T) {
	if onLoop() {
		t.Skip("what recv takes is not counted: proxy/loop has a test of its own")
	}
	const size = 64 << 20
	o, conns := accepting(t)
	c := startChild(t, o.addr)
	client, backend := c.dial(t), <-conns
	before := c.read(t)
	if err := pass(client, backend, 1, size); err != nil {
		t.Fatal(err)
	}
	up := c.read(t)
	if err := pass(backend, client, 2, 2*size); err != nil {
		t.Fatal(err)
	}
	down := c.read(t)
	t.Logf("of %d bytes up %d were read, of %d down %d", size, up-before, 2*size, down-up)
	if got := up - before; got > size/4 {
		t.Errorf("up: of %d bytes %d were read into the process, want a quarter at most", size, got)
	}
	if got := down - up; got > 2*size/4 {
		t.Errorf("down: of %d bytes %d were read into the process, want a quarter at most", 2*size, got)
	}
}

// The kernel's count of what is read knows nothing of recv. But when a reader of bulk
// stops, there are bytes in the pipes.
func TestBulkIsInPipes(t *testing.T) {
	o, conns := accepting(t)
	c := startChild(t, o.addr)
	client, backend := c.dial(t), <-conns
	var g errgroup.Group
	for src, dst := range map[*net.TCPConn]*net.TCPConn{client: backend, backend: client} {
		before := c.piped(t)
		g.Go(func() error {
			for buf := make([]byte, 1<<20); ; {
				if _, err := src.Write(buf); err != nil {
					return nil // the test has seen enough
				}
			}
		})
		until(t, "bytes in a pipe while nobody reads", func() bool {
			if _, err := io.CopyN(io.Discard, onlyReader{dst}, 3<<20); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Millisecond)
			return c.piped(t) > before
		})
	}
	reset(client)
	reset(backend)
	g.Wait()
}

// onLoop reports whether that is the event loop.
func onLoop() bool {
	kind, _ := ParseKind(string(relayKind()))
	return kind == EventLoop
}

// pipes counts those that the child has open.
func (c *childProcess) pipes(t *testing.T) int {
	t.Helper()
	return len(pipesOf(t, c.proc))
}

// piped returns how many bytes are in the child's pipes.
func (c *childProcess) piped(t *testing.T) (sum int) {
	t.Helper()
	for _, fd := range pipesOf(t, c.proc) {
		pipe, err := os.OpenFile(fmt.Sprintf("/proc/%s/fd/%d", c.proc, fd), os.O_RDONLY|unix.O_NONBLOCK, 0)
		if err != nil {
			continue // closed since
		}
		n, err := unix.IoctlGetInt(int(pipe.Fd()), unix.TIOCINQ)
		pipe.Close()
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	return sum
}

// status returns a size from the child's status, in bytes.
func (c *childProcess) status(t *testing.T, key string) int {
	t.Helper()
	return 1024 * c.figure(t, "status", key)
}

// read returns how many bytes the child has got by read, from anything.
func (c *childProcess) read(t *testing.T) int {
	t.Helper()
	return c.figure(t, "io", "rchar")
}

func (c *childProcess) figure(t *testing.T, file, key string) (value int) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", c.proc, file))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, key+":"); ok {
			if _, err := fmt.Sscan(rest, &value); err != nil {
				t.Fatal(err)
			}
			return value
		}
	}
	t.Fatalf("%s has no %s", file, key)
	return 0
}
