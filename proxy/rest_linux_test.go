package proxy

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"
)

// What 3,000 connections cost that have exchanged a message each way, and every
// tenth of them a mebibyte, and now rest.
func TestRestingConnections(t *testing.T) {
	const n = 3000
	o, conns := accepting(t)
	c := startChild(t, o.addr)
	open := func() (client, backend *net.TCPConn) {
		conn, err := net.Dial("tcp", c.addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn.(*net.TCPConn), <-conns
	}
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
			client, backend := open()
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
		state := c.tell(t, "collect")
		return state.Pipes == 0 && state.Sessions == 0
	})
	fdsBefore, rssBefore := c.descriptors(t), c.status(t, "VmRSS")

	join(n)
	grown := c.status(t, "VmRSS") - rssBefore
	pipes := c.tell(t, "state").Pipes
	// Idle pipes belong to no connection: the garbage collector closes them.
	until(t, "the idle pipes to be closed", func() bool { return c.tell(t, "collect").Pipes == 0 })
	fds, collected := c.descriptors(t)-fdsBefore, c.status(t, "VmRSS")-rssBefore
	t.Logf("%d resting connections: %.3f descriptors and %d bytes of memory each (%d after garbage collection); %d idle pipes",
		n, float64(fds)/n, grown/n, collected/n, pipes)
	if fds != 2*n {
		t.Errorf("got %d descriptors for %d connections, want %d", fds, n, 2*n)
	}
	if pipes > maxPipes {
		t.Errorf("got %d pipes, want %d at most", pipes, maxPipes)
	}
	// Without garbage, the amount of which is a matter of when the collector last ran.
	if limit := 8 << 10; !raceEnabled && collected > n*limit {
		t.Errorf("got %d bytes of memory each, want %d at most", collected/n, limit)
	}
}

// Bulk is spliced: its bytes are not read into the process.
func TestBulkIsSpliced(t *testing.T) {
	const size = 64 << 20
	o, conns := accepting(t)
	c := startChild(t, o.addr)
	conn, err := net.Dial("tcp", c.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	client, backend := conn.(*net.TCPConn), <-conns
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

// descriptors counts what the child has open.
func (c *childProcess) descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", c.pid))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// status returns a size from the child's status, in bytes.
func (c *childProcess) status(t *testing.T, key string) int {
	t.Helper()
	return 1024 * c.proc(t, "status", key)
}

// read returns how many bytes the child has got by read, from anything.
func (c *childProcess) read(t *testing.T) int {
	t.Helper()
	return c.proc(t, "io", "rchar")
}

func (c *childProcess) proc(t *testing.T, file, key string) (value int) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", c.pid, file))
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
