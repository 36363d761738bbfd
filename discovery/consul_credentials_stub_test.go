package discovery

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A tlsServer is an agent whose certificate, and whose clients' CAs, can be replaced.
type tlsServer struct {
	*httptest.Server
	conf atomic.Pointer[tls.Config] // of the connections to come

	mu    sync.Mutex // guards following
	conns map[net.Conn]bool
}

func newTLSServer(t *testing.T, handler http.HandlerFunc) *tlsServer {
	s := &tlsServer{Server: httptest.NewUnstartedServer(handler), conns: map[net.Conn]bool{}}
	s.TLS = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return s.conf.Load(), nil }}
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Config.ConnState = func(c net.Conn, state http.ConnState) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.conns[c] = true; state == http.StateClosed {
			delete(s.conns, c)
		}
	}
	t.Cleanup(s.Close)
	return s
}

// present has the server show that certificate, and accept clients of those authorities.
func (s *tlsServer) present(cert tls.Certificate, clients ...*authority) {
	pool := x509.NewCertPool()
	for _, a := range clients {
		pool.AddCert(a.cert)
	}
	s.conf.Store(&tls.Config{
		Certificates: []tls.Certificate{cert}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool,
		NextProtos: []string{"h2", "http/1.1"}, SessionTicketsDisabled: true,
	})
}

// open is the number of connections that the server has.
func (s *tlsServer) open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// await returns when the server has that many connections.
func (s *tlsServer) await(t *testing.T, n int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); s.open() != n; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("connections: got %d, want %d", s.open(), n)
		}
	}
}

// kick closes all connections, as an agent does that restarts.
func (s *tlsServer) kick() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.Close()
	}
}

// get asks for the path and returns the answer's text.
func get(t *testing.T, via http.RoundTripper, url string) (string, error) {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := via.RoundTrip(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return string(text), err
}
