package proxy

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

func TestMaxConnections(t *testing.T) {
	for _, test := range []struct {
		descriptors uint64
		least, most int
	}{
		{0, 1, 1},
		{2, 1, 1},
		{256, 64, 64},
		{1024, 256, 256},
		{20_000, 9000, 9700},
		{1 << 20, 500_000, 1<<19 - 400},
		{1<<64 - 1, 1<<31 - 1, 1<<31 - 1}, // no limit
	} {
		got := maxConnections(test.descriptors)
		if got < test.least || got > test.most {
			t.Errorf("of %d descriptors: got %d, want %d to %d", test.descriptors, got, test.least, test.most)
		}
		if test.descriptors > 100 && uint64(2*got) > test.descriptors-min(reserve(), test.descriptors/2) {
			t.Errorf("of %d descriptors: %d leave less than the reserve", test.descriptors, got)
		}
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	n, descriptors := MaxConnections()
	if descriptors != limit.Cur || n != maxConnections(limit.Cur) {
		t.Errorf("got %d of %d, want those of %d", n, descriptors, limit.Cur)
	}
}

// Clients alone don't use up a process's descriptors: those beyond the limit wait, and
// come in as the others leave.
func TestClientsLeaveDescriptors(t *testing.T) {
	o := startOrigin(t, echo)
	c := startChild(t, o.addr)
	const few = 400
	if err := unix.Prlimit(c.process.Pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: few, Max: 20_000}, nil); err != nil {
		t.Fatal(err)
	}
	c.tell(t, "limit")
	n := maxConnections(few)
	var open []net.Conn
	for i := range n {
		open = append(open, c.dial(t))
		if err := echoes(open[i], byte(i)); err != nil {
			t.Fatal(err)
		}
	}
	late := c.dial(t)
	late.Write([]byte{42, ^byte(42)})
	until(t, "a line of clients that wait", func() bool { return len(c.log.lines("no room for more connections, they wait")) > 0 })
	if got := c.tell(t, "state"); got.Sessions != n {
		t.Errorf("got %d sessions, want %d", got.Sessions, n)
	}
	if used := len(descriptorsOf(t, c.proc)); used > few*3/4 {
		t.Errorf("got %d descriptors used of %d, want a quarter left", used, few)
	}
	if got := c.log.lines("accept failed, trying on"); len(got) > 0 {
		t.Errorf("got log %v", got)
	}
	for _, conn := range open {
		conn.Close()
	}
	if err := readBack(late, 42); err != nil {
		t.Errorf("the one that waited: %v", err)
	}
	late.Close()
	until(t, "all to be gone", func() bool { return c.tell(t, "state").Sessions == 0 })
}
