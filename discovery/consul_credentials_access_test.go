package discovery

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

// newPeek starts an agent that answers with the protocol and the connection of each request,
// once hold allows it for those whose path is "/hang".
func newPeek(t *testing.T, hold <-chan struct{}, hangs chan<- struct{}) (*tlsServer, *credentials) {
	t.Helper()
	s := newTLSServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hang" {
			hangs <- struct{}{}
			select {
			case <-hold:
			case <-r.Context().Done():
			}
		}
		io.WriteString(w, r.Proto+" "+r.RemoteAddr)
	})
	ca := newAuthority(t)
	cert, _, _ := ca.issue(consulName)
	s.present(cert, ca)
	s.StartTLS()
	c, _ := followCredentials(t, ConsulOptions{Address: s.URL, TLS: clientFiles(t, ca)})
	return s, c
}

func mustGet(t *testing.T, via http.RoundTripper, url string) string {
	t.Helper()
	text, err := get(t, via, url)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// All polls share one connection. Pulses have their own, one each, and drop it when told to.
func TestPulseConnections(t *testing.T) {
	hangs := make(chan struct{})
	s, c := newPeek(t, nil, hangs)
	p := &http.Client{Transport: c.pulse()}
	poll := mustGet(t, c, s.URL)
	if got := mustGet(t, c, s.URL); got != poll || !strings.HasPrefix(poll, "HTTP/2.0 ") {
		t.Errorf("two polls: got %s and %s, want HTTP/2 and one connection", poll, got)
	}
	pulse := mustGet(t, p.Transport, s.URL)
	if got := mustGet(t, p.Transport, s.URL); got != pulse || !strings.HasPrefix(pulse, "HTTP/1.1 ") {
		t.Errorf("two pulses: got %s and %s, want HTTP/1 and one connection", pulse, got)
	}
	c.dropPulses()
	if got := mustGet(t, p.Transport, s.URL); got == pulse {
		t.Errorf("a pulse after the connection was dropped: got the same, %s", got)
	}
	if got := mustGet(t, c, s.URL); got != poll {
		t.Errorf("a poll after that: got %s, want %s still", got, poll)
	}
	s.await(t, 2) // it has seen the dropped one's end

	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		r, _ := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/hang", nil)
		_, err := p.Do(r)
		failed <- err
	}()
	<-hangs
	before := s.open()
	mustGet(t, p.Transport, s.URL)
	if got := s.open(); got != before+1 {
		t.Errorf("connections with one pulse hanging and one answered: got %d, want %d", got, before+1)
	}
	cancel()
	<-failed
	s.await(t, before)
}

// What was under way ends as it would have, on its old connection; all else has a new one.
func TestReconnect(t *testing.T) {
	hold, hangs, polled := make(chan struct{}), make(chan struct{}), make(chan string)
	s, c := newPeek(t, hold, hangs)
	old := mustGet(t, c, s.URL)
	go func() {
		text, err := get(t, c, s.URL+"/hang")
		if err != nil {
			t.Errorf("poll: %v", err)
		}
		polled <- text
	}()
	<-hangs
	outdated := c.changed()
	c.reconnect()
	if got := mustGet(t, c, s.URL); got == old {
		t.Errorf("after reconnecting: got the old connection, %s", got)
	}
	close(hold)
	if got := <-polled; got != old {
		t.Errorf("the poll that was under way: got %s, want %s", got, old)
	}
	select {
	case <-outdated:
		t.Error("new connections count as new credentials")
	default:
	}
	s.await(t, 1)
}
