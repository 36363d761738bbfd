package proxy

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/sys/unix"

	"weir/balance"
	"weir/proxy/session"
)

// acceptPause is the first pause after a failed accept. Each is twice as long as the last.
const acceptPause = 5 * time.Millisecond

// Without a descriptor for accept, connections wait in the kernel's queue and are
// served when there are some again.
func TestAcceptOutlivesWantOfDescriptors(t *testing.T) {
	o := startOrigin(t, echo)
	c := startChild(t, o.addr)
	kept := c.dial(t)
	if err := echoes(kept, 1); err != nil {
		t.Fatal(err)
	}
	c.limit(t, 0)
	waiting := make([]net.Conn, 5)
	for i := range waiting {
		waiting[i] = c.dial(t)
	}
	until(t, "a failed accept", func() bool { return len(c.log.lines("accept failed, trying on")) > 0 })
	if err := echoes(kept, 2); err != nil {
		t.Errorf("the connection that was there before: %v", err)
	}
	if got := c.tell(t, "state").Accepted; got != 1 {
		t.Errorf("got %d accepted without descriptors, want only the first", got)
	}
	// Longer than the pauses after the first failures: there were more of them.
	time.Sleep(8 * acceptPause)
	c.limit(t, 1000)
	for i, conn := range waiting {
		if err := echoes(conn, byte(i)); err != nil {
			t.Errorf("waiting connection %d: %v", i, err)
		}
	}
	if got := c.log.lines("accept failed, trying on"); len(got) != 1 || !strings.Contains(fmt.Sprint(got[0]["error"]), "too many open files") {
		t.Errorf("got log %v, want one line about open files", got)
	}
	if got := c.tell(t, "state"); got.Accepted != 6 || got.Failed != 0 || got.Failures[0] != 0 {
		t.Errorf("got %+v, want 6 accepted and nothing failed", got)
	}
}

// Without a descriptor for the backend's side the client is reset, and the
// backend is not blamed.
func TestDialWithoutDescriptors(t *testing.T) {
	o := startOrigin(t, echo)
	c := startChild(t, o.addr)
	if err := echoes(c.dial(t), 1); err != nil { // all that is opened once is open now
		t.Fatal(err)
	}
	c.limit(t, 1)
	wantReset(t, c.addr)
	if got := c.tell(t, "state"); got.Failed != 1 || got.Failures[0] != 0 || got.Told != 0 {
		t.Errorf("got %+v, want 1 failed connection and no failure of the backend", got)
	}
}

// In a network with ten local ports, each backend gets as many connections as
// there are ports; want of one more is no backend's failure.
func TestLocalPorts(t *testing.T) {
	cmd := childCommand(t, childTask{Ports: true})
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
	}
	if out, err := cmd.CombinedOutput(); errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EINVAL) {
		t.Skipf("no network namespace to be had: %v", err)
	} else if err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

func childPorts() error {
	if err := raiseLoopback(); err != nil {
		return err
	}
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_local_port_range", []byte("40000 40009"), 0); err != nil {
		return err
	}
	const ports, backends = 10, 3
	pool := balance.NewPool(&balance.WeightedRoundRobin{})
	var members []balance.Member
	for i := range backends {
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, byte(10 + i)}), 9000)
		ln, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(addr))
		if err != nil {
			return err
		}
		go func() {
			for {
				conn, err := ln.AcceptTCP()
				if err != nil {
					return
				}
				go echo(conn)
			}
		}()
		members = append(members, balance.Member{Name: addr.String(), Addr: addr, CatalogWeight: 1})
	}
	pool.Update(members, balance.Admission{Rule: balance.Catalog})
	server, err := NewServer(relayKind(), hclog.NewNullLogger())
	if err != nil {
		return err
	}
	l, err := server.Bind("front", at(loopback(8080)), &session.Service{Name: "web", Pool: pool, ConnectTimeout: 5 * time.Second}, defaults())
	if err != nil {
		return err
	}
	go l.Serve()
	for i := range ports*backends + 1 {
		d := net.Dialer{Timeout: patience, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 50_000 + i}}
		conn, err := d.Dial("tcp", l.Addr().String())
		for began := time.Now(); i == 0 && errors.Is(err, syscall.ECONNREFUSED) && time.Since(began) < patience; {
			conn, err = d.Dial("tcp", l.Addr().String()) // not listening yet
		}
		if err == nil {
			err = echoes(conn, byte(i))
		}
		if i < ports*backends && err != nil {
			return fmt.Errorf("connection %d of %d: %w", i+1, ports*backends, err)
		}
		if i == ports*backends && !errors.Is(err, syscall.ECONNRESET) {
			return fmt.Errorf("one connection too many: got %v, want %v", err, syscall.ECONNRESET)
		}
	}
	for b := range pool.Snapshot().All() {
		if conns, failures := b.Connections.Load(), b.Failures.Load(); conns != ports || failures != 0 {
			return fmt.Errorf("backend %s: got %d connections and %d failures, want %d and 0", b, conns, failures, ports)
		}
	}
	return nil
}

// raiseLoopback brings up the only interface of a new network namespace.
func raiseLoopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo)
}

// limit lets the child open this many descriptors more than it has.
func (c *childProcess) limit(t *testing.T, more int) {
	t.Helper()
	// The limit is on the number of a descriptor, and there may be gaps.
	used := descriptorsOf(t, c.proc)
	limit, free := 0, 0
	for ; ; limit++ {
		if used[limit] != "" {
			continue
		}
		if free == more {
			break
		}
		free++
	}
	if err := unix.Prlimit(c.process.Pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(limit), Max: 20_000}, nil); err != nil {
		t.Fatal(err)
	}
}
