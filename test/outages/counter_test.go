package outages

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// A counter stands between weir and its agent and counts what is under way at once. A dead agent
// is a broken connection to it, as it would be without the counter.
type counter struct {
	address string // host:port

	mu          sync.Mutex // guards following
	loads       int        // reads at index 0
	mostLoads   int
	connections int
	mostConns   int
}

func startCounter(t *testing.T, agent string) *counter {
	c := &counter{}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: agent})
	transport := &http.Transport{
		MaxIdleConnsPerHost: mostConnections,
		DialContext:         (&net.Dialer{Timeout: time.Second}).DialContext,
	}
	proxy.Transport = transport
	proxy.FlushInterval = -1 // a header of a list that comes is passed on
	proxy.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isLoad(r) {
			c.load(1)
			defer c.load(-1)
		}
		proxy.ServeHTTP(w, r)
	}))
	server.Config.ConnState = c.connection
	server.Start()
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		transport.CloseIdleConnections()
	})
	c.address = server.Listener.Addr().String()
	return c
}

func isLoad(r *http.Request) bool {
	index := r.URL.Query().Get("index")
	return strings.HasPrefix(r.URL.Path, "/v1/health/service/") && (index == "" || index == "0")
}

func (c *counter) load(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.loads += n
	c.mostLoads = max(c.mostLoads, c.loads)
}

func (c *counter) connection(_ net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateNew:
		c.connections++
	case http.StateClosed:
		c.connections--
	}
	c.mostConns = max(c.mostConns, c.connections)
}

// reset begins the count of the most anew.
func (c *counter) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mostLoads, c.mostConns = c.loads, c.connections
}

func (c *counter) most() (loads, connections int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mostLoads, c.mostConns
}
