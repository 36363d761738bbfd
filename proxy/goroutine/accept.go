package goroutine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"weir/proxy/session"
)

// mostQueued is more than any kernel's queue holds: however fast clients come,
// taking what waits ends.
const mostQueued = 65535

// Prepare does nothing: what is set on connections is set on each.
func (r *Relay) Prepare(int, session.Settings) error { return nil }

// Serve takes connections from a listening socket, which it owns, until ctx ends; then
// those that wait in its queue, unless the cause is session.ErrHandedOver.
func (r *Relay) Serve(ctx context.Context, socket int, f *session.Front) error {
	ln, err := listener(socket)
	if err != nil {
		return err
	}
	expired := make(chan struct{}) // closed when accept fails for good
	go func() {
		<-ctx.Done()
		ln.SetDeadline(time.Unix(1, 0))
		close(expired)
	}()
	r.accept(ctx, ln, f)
	<-expired
	return nil
}

// listener wraps a listening socket.
func listener(socket int) (*net.TCPListener, error) {
	file := os.NewFile(uintptr(socket), "listener")
	defer file.Close() // FileListener works on a copy
	ln, err := net.FileListener(file)
	if err != nil {
		return nil, fmt.Errorf("listener: %w", err)
	}
	return ln.(*net.TCPListener), nil
}

func (r *Relay) accept(ctx context.Context, ln *net.TCPListener, f *session.Front) {
	var wait time.Duration
	for {
		conn, err := ln.AcceptTCP()
		switch {
		case err == nil:
			wait = 0
			r.start(conn, f)
		case context.Cause(ctx) == session.ErrHandedOver:
			ln.Close()
			return
		case ctx.Err() != nil:
			// Nothing goes between these two: who comes in there is lost.
			late := takeQueued(ln)
			ln.Close()
			for _, conn := range late {
				r.start(conn, f)
			}
			return
		default:
			if wait == 0 {
				f.Starved(err)
			}
			wait = min(max(2*wait, session.MinAcceptPause), session.MaxAcceptPause)
			select {
			case <-time.After(wait):
			case <-ctx.Done():
			}
		}
	}
}

func (r *Relay) start(conn *net.TCPConn, f *session.Front) {
	f.Accepted.Add(1)
	p := &pair{relay: r, front: f, service: f.Service(), client: conn, began: time.Now()}
	r.track(p)
	go p.connect()
}

// takeQueued accepts what waits in the kernel's queue, and waits for no more. The
// net package doesn't look there once accept has expired.
func takeQueued(ln *net.TCPListener) (conns []*net.TCPConn) {
	raw, err := ln.SyscallConn()
	if err != nil {
		return nil
	}
	raw.Control(func(fd uintptr) {
		for range mostQueued {
			conn, err := acceptOne(int(fd))
			switch {
			case err == nil:
				conns = append(conns, conn)
			case errors.Is(err, syscall.EINTR), errors.Is(err, syscall.ECONNABORTED): // the next one may be good
			default:
				return
			}
		}
	})
	return conns
}

// acceptOne fails with EAGAIN when nobody waits.
func acceptOne(listener int) (*net.TCPConn, error) {
	syscall.ForkLock.RLock() // no child may inherit it between accept and close-on-exec
	fd, _, err := syscall.Accept(listener)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(fd), "client")
	defer file.Close() // FileConn works on a copy
	conn, err := net.FileConn(file)
	if err != nil {
		return nil, err
	}
	if conn.RemoteAddr() == nil { // reset while it waited
		conn.Close()
		return nil, syscall.ECONNABORTED
	}
	return conn.(*net.TCPConn), nil
}
