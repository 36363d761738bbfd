package e2e

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// A result is what became of one connection through weir.
type result struct {
	began  time.Time
	client string // its local address, as weir logs it; empty if it was refused
	name   string // of the backend that answered in full
	err    error
}

// get makes one new connection, asks who answers, and reads the whole answer.
func get(ctx context.Context, addr string) (r result) {
	r.began = time.Now()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
			if err == nil {
				r.client = conn.LocalAddr().String()
			}
			return conn, err
		},
	}
	req, err := http.NewRequestWithContext(ctx, "GET", "http://"+addr+"/", nil)
	if err != nil {
		r.err = err
		return r
	}
	req.GetBody = nil
	resp, err := transport.RoundTrip(req) // unlike a client, it never tries again
	if err != nil {
		r.err = err
		return r
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		r.err = err
		return r
	}
	name, rest, _ := strings.Cut(string(body), "\n")
	if rest != padding {
		r.err = fmt.Errorf("answer of %d bytes is not whole", len(body))
		return r
	}
	r.name = name
	return r
}

// A load makes new connections at a steady rate.
type load struct {
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu      sync.Mutex // guards following
	results []result
}

func startLoad(t *testing.T, addr string, perSecond int) *load {
	ctx, cancel := context.WithCancel(t.Context())
	l := &load{cancel: cancel}
	l.running.Go(func() {
		tick := time.NewTicker(time.Second / time.Duration(perSecond))
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			l.running.Go(func() {
				r := get(context.WithoutCancel(ctx), addr)
				l.mu.Lock()
				l.results = append(l.results, r)
				l.mu.Unlock()
			})
		}
	})
	t.Cleanup(func() { l.stop() })
	return l
}

// stop returns all results, those of connections under way included.
func (l *load) stop() []result {
	l.cancel()
	l.running.Wait()
	return l.results
}
