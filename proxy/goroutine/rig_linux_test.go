package goroutine

import (
	"context"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"weir/balance"
	"weir/proxy/session"
)

// patience is how long a test waits for what must happen. It is long: only a failure takes it.
const patience = 20 * time.Second

// join has r join a client to a backend. Both are closed when the test ends, and r must
// then have nothing left.
func join(t *testing.T, r *Relay) (client, backend *net.TCPConn) {
	t.Helper()
	behind := listen(t)
	pool := balance.NewPool(&balance.WeightedRoundRobin{})
	addr := behind.Addr().(*net.TCPAddr).AddrPort()
	pool.Update([]balance.Member{{Name: "node-0/web", Addr: addr, CatalogWeight: 1}}, balance.Admission{Rule: balance.Catalog})
	front := session.NewFront("front", &session.Service{Name: "web", Pool: pool, ConnectTimeout: patience}, session.Settings{}, nil, hclog.NewNullLogger())

	ln := listen(t)
	file, err := ln.File()
	if err != nil {
		t.Fatal(err)
	}
	socket, err := syscall.Dup(int(file.Fd())) // the relay's own
	file.Close()
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	ctx, end := context.WithCancel(context.Background())
	go func() { served <- r.Serve(ctx, socket, front) }()
	t.Cleanup(func() {
		end()
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if cut := r.Finish(ctx, session.Shutdown); cut != 0 {
			t.Errorf("got %d sessions cut at the end, want none", cut)
		}
	})
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	backend, err = behind.AcceptTCP()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { backend.Close() })
	return conn.(*net.TCPConn), backend
}

func listen(t *testing.T) *net.TCPListener {
	t.Helper()
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}
