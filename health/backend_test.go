package health

import (
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// All parts together, on a real backend that fails, recovers and vanishes.
func TestCheckerOnARealBackend(t *testing.T) {
	var word atomic.Value
	word.Store("up\n")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte(word.Load().(string)))
	}))
	defer server.Close()
	backend := Target{Name: "n1/web", Addr: server.Listener.Addr().(*net.TCPAddr).AddrPort()}
	c, log, stop := started(t, Options{
		Probe: HTTP{Path: "/health", Expect: "up"}, Interval: 100 * time.Millisecond, Timeout: 90 * time.Millisecond,
		Rise: 1, Fall: 2,
	})
	c.Follow([]Target{backend})
	until := func(want State) {
		t.Helper()
		for c.State(backend) != want {
			select {
			case <-c.Changed():
			case <-time.After(20 * time.Second):
				t.Fatalf("state: got %v, want %v", c.State(backend), want)
			}
		}
	}
	until(Up)
	word.Store("out of order")
	until(Down)
	if got := log.lines(`reason="body \"out of order\" instead of \"up\""`); len(got) == 0 {
		t.Errorf("log: got %q, want the reason", log.lines(""))
	}
	word.Store("up")
	until(Up)
	server.Close()
	until(Down)
	stop()
	if got := log.lines("connection refused"); len(got) == 0 {
		t.Errorf("log: got %q, want a refused heartbeat", log.lines(""))
	}
}
