package main

import (
	"io"
	"net"
	"path/filepath"
	"syscall"
	"testing"

	"weir/config"
	"weir/proxy"
)

// A balancer takes over the sockets that fit, and gives them on. One that can't bind all its addresses
// leaves to the process before it what was inherited: its file, and its queue.
func TestInheritedSockets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "web.sock")
	elder := newReloadStage(t)
	elder.conf.Listeners[0].Bind = config.Bind{Path: path}
	elder.define(elder.dir, "web", echoBackend(t, "blue"))
	elder.start()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()

	conf := elder.conf
	conf.Listeners = []config.Listener{conf.Listeners[0], reloadListener("more", taken.Addr().String())}
	conf.Listeners[1].Service = "web"
	if _, err := newBalancer(&conf, "", copies(t, elder.b.sockets()), newLogger(conf.Log, io.Discard)); err == nil {
		t.Fatal("got no error for a taken address")
	}
	c := mustConverse(t, "unix:"+path)

	heir := newReloadStage(t)
	heir.conf = elder.conf
	heir.inherited = copies(t, elder.b.sockets())
	heir.start()
	elder.b.handOver()
	if got := len(heir.b.sockets()); got != 1 {
		t.Errorf("got %d sockets to give on, want 1", got)
	}
	mustConverse(t, "unix:"+path).works(t)
	if got := heir.listener("web").Accepted.Load(); got != 1 {
		t.Errorf("got %d connections by the new listener, want 1", got)
	}
	c.works(t)
}

// copies are other descriptors of the sockets, as another process has them.
func copies(t *testing.T, sockets []proxy.Socket) []proxy.Socket {
	t.Helper()
	for i := range sockets {
		fd, err := syscall.Dup(sockets[i].FD)
		if err != nil {
			t.Fatal(err)
		}
		sockets[i].FD = fd
	}
	return sockets
}
