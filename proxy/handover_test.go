package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/proxy/session"
)

// A load connects to an address again and again, one message each.
type load struct {
	stop    chan struct{} // closed to end it
	workers sync.WaitGroup
	served  atomic.Int64
}

// startLoad begins one; any connection that isn't answered is an error of the test.
func startLoad(t *testing.T, addr Address) *load {
	t.Helper()
	l := &load{stop: make(chan struct{})}
	network, to := "tcp", addr.String()
	if addr.Path != "" {
		network, to = "unix", addr.Path
	}
	for range 3 {
		l.workers.Go(func() {
			pace := time.NewTicker(2 * time.Millisecond)
			defer pace.Stop()
			for {
				select {
				case <-l.stop:
					return
				case <-pace.C:
				}
				conn, err := net.Dial(network, to)
				if err == nil {
					err = echoes(conn, byte(l.served.Load()))
					conn.Close()
				}
				if err != nil {
					t.Errorf("after %d connections: %v", l.served.Load(), err)
					return
				}
				l.served.Add(1)
			}
		})
	}
	return l
}

// more waits until so many more have been served.
func (l *load) more(t *testing.T, n int64) {
	t.Helper()
	want := l.served.Load() + n
	until(t, fmt.Sprintf("%d more connections", n), func() bool { return l.served.Load() >= want || t.Failed() })
}

func (l *load) end() {
	close(l.stop)
	l.workers.Wait()
}

// copies returns what another process would get.
func copies(t *testing.T, sockets []Socket) []Socket {
	t.Helper()
	var own []Socket
	for _, s := range sockets {
		fd, err := unix.FcntlInt(uintptr(s.FD), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		own = append(own, Socket{Address: s.Address, FD: fd, Remove: s.Remove})
	}
	return own
}

// wantNonBlocking checks that nothing has made a listening socket blocking: that would hold
// for all who share it.
func wantNonBlocking(t *testing.T, sockets []Socket) {
	t.Helper()
	for _, s := range sockets {
		if flags, err := unix.FcntlInt(uintptr(s.FD), unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK == 0 {
			t.Errorf("socket of %s: got flags %#x and %v, want non-blocking", s.Address, flags, err)
		}
		if flags, err := unix.FcntlInt(uintptr(s.FD), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("socket of %s: got flags %#x and %v, want close-on-exec", s.Address, flags, err)
		}
	}
}

// A server's sockets go from generation to generation under load: no connect is refused or
// reset, and a connection of the first generation outlives all that follow.
func TestHandOver(t *testing.T) {
	const generations = 6
	o := startOrigin(t, echo)
	for name, addr := range map[string]Address{"TCP": at(loopback(0)), "unix": socketPath(t)} {
		t.Run(name, func(t *testing.T) {
			var servers []*rig
			var long net.Conn
			var traffic *load
			for g := range generations {
				r := newRig(t, o.addr)
				r.listener.Close()
				if g > 0 {
					before := servers[g-1].server
					wantNonBlocking(t, before.Sockets())
					r.server.Inherit(copies(t, before.Sockets()))
				}
				l, err := r.server.Bind("front", addr, r.service, defaults())
				if err != nil {
					t.Fatal(err)
				}
				r.server.DropInherited()
				r.listener, addr = l, l.Addr()
				r.serve(t)
				servers = append(servers, r)
				if g == 0 {
					traffic = startLoad(t, addr)
					network, to := "tcp", addr.String()
					if addr.Path != "" {
						network, to = "unix", addr.Path
					}
					if long, err = net.Dial(network, to); err != nil {
						t.Fatal(err)
					}
					defer long.Close()
					if err := echoes(long, 1); err != nil {
						t.Fatal(err)
					}
					traffic.more(t, 50)
					continue
				}
				traffic.more(t, 50) // by both
				servers[g-1].server.HandOver()
				atEnd := servers[g-1].listener.Accepted.Load()
				traffic.more(t, 50) // by the new one alone
				if got := servers[g-1].listener.Accepted.Load(); got != atEnd {
					t.Errorf("generation %d accepted %d clients after it had handed over", g-1, got-atEnd)
				}
				if g > 1 {
					if _, cut := servers[g-1].server.Finish(t.Context(), session.Upgraded); cut != 0 {
						t.Errorf("generation %d: got %d connections cut, want none", g-1, cut)
					}
				}
			}
			traffic.end()
			if err := echoes(long, 2); err != nil {
				t.Errorf("the long connection: %v", err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if _, cut := servers[0].server.Finish(ctx, session.Upgraded); cut != 1 {
				t.Errorf("the first generation: got %d cut, want the long connection", cut)
			}
			lines := servers[0].log.lines("connection finished")
			if got := lines[len(lines)-1]["end"]; got != string(session.Upgraded) {
				t.Errorf("got end %v, want %s", got, session.Upgraded)
			}
			if got := servers[0].log.lines("listener closed"); len(got) > 0 {
				t.Errorf("got %v, want no line of a listener that was handed over", got)
			}
		})
	}
}

// Only a socket with the very address is taken, and what nobody takes is closed.
func TestInheritFits(t *testing.T) {
	one := startRig(t)
	port := one.listener.Addr().AddrPort.Port()
	two := newServer(t, new(logBook))
	defer two.Shutdown(t.Context())
	own := copies(t, one.server.Sockets())
	two.Inherit(own)
	for _, addr := range []string{fmt.Sprintf("0.0.0.0:%d", port), fmt.Sprintf("127.0.0.2:%d", port), "127.0.0.1:0", fmt.Sprintf("[::]:%d", port)} {
		l, err := two.Bind("front", parse(addr), one.service, defaults())
		if err == nil && l.Addr().AddrPort.Port() == port && addr != fmt.Sprintf("127.0.0.2:%d", port) {
			t.Errorf("%s: bound, want it not to fit", addr)
		}
		if err != nil && (!errors.Is(err, syscall.EADDRINUSE) || !contains(err, "an inherited socket at 127.0.0.1")) {
			t.Errorf("%s: got %v, want %v that names the inherited socket", addr, err, syscall.EADDRINUSE)
		}
		if l != nil {
			l.Close()
		}
	}
	if _, err := unix.FcntlInt(uintptr(own[0].FD), unix.F_GETFD, 0); err != nil {
		t.Errorf("the inherited socket is gone though nobody took it: %v", err)
	}
	l, err := two.Bind("front", one.listener.Addr(), one.service, defaults())
	if err != nil {
		t.Fatal(err)
	}
	two.DropInherited() // not what was taken
	if got := two.Sockets(); len(got) != 1 || got[0].FD != own[0].FD || got[0].Address != one.listener.Addr() {
		t.Errorf("got sockets %v, want the one inherited", got)
	}
	l.Close()
	if _, err := unix.FcntlInt(uintptr(own[0].FD), unix.F_GETFD, 0); err != unix.EBADF {
		t.Errorf("after Close: got %v, want %v", err, unix.EBADF)
	}
	dropped := copies(t, one.server.Sockets())
	two.Inherit(dropped)
	two.DropInherited()
	if _, err := unix.FcntlInt(uintptr(dropped[0].FD), unix.F_GETFD, 0); err != unix.EBADF {
		t.Errorf("after DropInherited: got %v, want %v", err, unix.EBADF)
	}
}

// A socket for IPv6 alone isn't taken for one for both.
func TestInheritedForIPv6Alone(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1), unix.Bind(fd, &unix.SockaddrInet6{}))
	if err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	addr := parse(fmt.Sprintf("[::]:%d", name.(*unix.SockaddrInet6).Port))
	s := newServer(t, new(logBook))
	defer s.Shutdown(t.Context())
	s.Inherit([]Socket{{Address: addr, FD: fd}})
	if _, err := s.Bind("front", addr, &session.Service{}, defaults()); err == nil || !contains(err, "BindIPv6Only") {
		t.Errorf("got %v, want an error that says what to do", err)
	}
}
