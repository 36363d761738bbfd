package discovery

import (
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// A proxy may serve Consul beneath a path, and a slash at the end changes nothing.
func TestAddressForms(t *testing.T) {
	for form, prefix := range map[string]string{
		"HOST":                    "",
		"http://HOST":             "",
		"http://HOST/":            "",
		"http://HOST/infra/cons":  "/infra/cons",
		"http://HOST/infra/cons/": "/infra/cons",
	} {
		t.Run(form, func(t *testing.T) {
			s := newScript(t,
				step{prefix + first, "never", list(7, entryOne)},
				step{prefix + poll(7), one, nil},
			)
			c, log := dial(t, ConsulOptions{Address: strings.Replace(form, "HOST", s.serve(), 1)})
			s.play(c, Query{Service: "web"}, log)
		})
	}
}

func TestUnixSocket(t *testing.T) {
	dir, err := os.MkdirTemp("", "weir") // t.TempDir may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "consul.sock")
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	s := newScript(t,
		step{first, "never", list(7, entryOne)},
		step{poll(7), one, list(8, entryTwo)},
		step{poll(8), two, nil},
	)
	var conns int
	srv := httptest.NewUnstartedServer(s)
	srv.Listener.Close()
	srv.Listener = ln
	srv.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew { // called by the one accepting goroutine
			conns++
		}
	}
	srv.Start()
	c, log := dial(t, ConsulOptions{Address: "unix://" + path})
	s.play(c, Query{Service: "web"}, log)
	srv.Close()
	if conns > 2 {
		t.Errorf("connections for 3 requests and the pulse: got %d, want one for each, kept alive", conns)
	}
}

// What answers with a redirect isn't our agent; where it points, no token goes.
func TestRedirectIsNotFollowed(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("redirect followed: %s, token %q", r.URL, r.Header.Get("X-Consul-Token"))
	}))
	defer elsewhere.Close()
	s := newScript(t,
		step{first, "never", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+"/v1/health/service/web", http.StatusTemporaryRedirect)
		}},
		step{first, "never", list(7, entryOne)},
		step{poll(7), one, nil},
	)
	c, log := dial(t, ConsulOptions{Address: s.serve(), Token: "secret"})
	s.play(c, Query{Service: "web"}, log)
	log.await(t, "307")
}

// A body that ends too soon is no answer, however it is framed.
func TestResetMidBody(t *testing.T) {
	whole := "[" + entryTwo + "]"
	for name, length := range map[string]string{"chunked": "", "with a length": "1000"} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t,
				step{first, "never", list(7, entryOne)},
				step{poll(7), one, func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("X-Consul-Index", "9")
					if length != "" {
						w.Header().Set("Content-Length", length)
					}
					io.WriteString(w, whole[:len(whole)-1])
					http.NewResponseController(w).Flush()
					panic(http.ErrAbortHandler)
				}},
				step{first, one, list(9, entryTwo)},
				step{poll(9), two, nil},
			)
			c, log := dial(t, ConsulOptions{Address: s.serve()})
			s.play(c, Query{Service: "web"}, log)
			if log.count("WARN") != 0 {
				t.Errorf("want a retry at once and no warning:\n%s", log)
			}
		})
	}
}

// Thousands of instances are megabytes: an agent elsewhere compresses if asked to.
func TestAnswersAreCompressed(t *testing.T) {
	s := newScript(t,
		step{first, "never", func(w http.ResponseWriter, r *http.Request) {
			if got := r.Header.Get("Accept-Encoding"); got != "gzip" {
				t.Errorf("Accept-Encoding: got %q, want gzip", got)
			}
			w.Header().Set("Content-Encoding", "gzip")
			w.Header().Set("X-Consul-Index", "7")
			z := gzip.NewWriter(w)
			io.WriteString(z, "["+entryOne+"]")
			z.Close()
		}},
		step{poll(7), one, nil},
	)
	agentless(t)
	o := ConsulOptions{Address: "consul.example:8500"}
	transport := agentTransport(o, nil, dialTimeout)
	address := s.serve()
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	log := &logs{}
	s.play(consulVia(t, o, transport, log), Query{Service: "web"}, log)
}

// On the same host it would cost more than it saves.
func TestCompressionIsForTheNetwork(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:8500": true, "localhost:8500": true, "http://127.9.9.9": true, "https://[::1]:8501/consul": true, "unix:///run/consul.sock": true,
		"10.0.0.1:8500": false, "consul.example:8500": false, "https://localhost.example": false, "[2001:db8::1]:8500": false, "http://%zz": false,
	} {
		transport := agentTransport(ConsulOptions{Address: address}, nil, dialTimeout)
		if got := transport.DisableCompression; got != want {
			t.Errorf("%s: got compression disabled %v, want %v", address, got, want)
		}
	}
}

// A port where nobody listens, and then an agent does.
func TestConnectionRefused(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := ln.Addr().String()
	ln.Close()
	c, log := dial(t, ConsulOptions{Address: address})
	ctx, cancel := context.WithCancel(t.Context())
	feed := NewFeed()
	var wg sync.WaitGroup
	wg.Go(func() { c.Run(ctx) })
	wg.Go(func() { c.Watch(ctx, Query{Service: "web"}, feed) })
	log.await(t, "consul is silent")
	if got := show(feed.Set()); got != "never" {
		t.Errorf("set: got %s, want never", got)
	}
	if ln, err = net.Listen("tcp", address); err != nil {
		t.Skipf("the port went to somebody else: %v", err)
	}
	s := newScript(t, step{first, "never", list(7, entryOne)}, step{pollFor(7, "3s"), "", nil}) // after a silence
	srv := httptest.NewUnstartedServer(s)
	srv.Listener.Close()
	srv.Listener = ln
	srv.Start()
	<-feed.Changed()
	if got := show(feed.Set()); got != one {
		t.Errorf("set: got %s, want %s", got, one)
	}
	<-s.ended
	log.await(t, "consul answers again")
	cancel()
	wg.Wait()
	srv.Close()
}

// When Run is over nothing of ours keeps a connection.
func TestRunClosesConnections(t *testing.T) {
	closed := make(chan struct{})
	srv := httptest.NewUnstartedServer(list(7, entryOne))
	srv.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			close(closed)
		}
	}
	srv.Start()
	defer srv.Close()
	c, _ := dial(t, ConsulOptions{Address: srv.Listener.Addr().String()})
	if _, err := c.load(t.Context(), Query{Service: "web"}, new(lists), stale); err != nil {
		t.Fatalf("load: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Run(ctx); err != nil {
		t.Errorf("Run: got %v, want nil", err)
	}
	<-closed
}
