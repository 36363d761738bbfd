package rig

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// A Result is what became of one connection through weir.
type Result struct {
	Began  time.Time
	Client string // its local address, as weir logs it; empty if it was refused
	Name   string // of the backend that answered in full
	Err    error
}

// Get makes one new connection, asks who answers, and reads the whole answer.
func Get(ctx context.Context, addr string) (r Result) {
	r.Began = time.Now()
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
			if err == nil {
				r.Client = conn.LocalAddr().String()
			}
			return conn, err
		},
	}
	req, err := http.NewRequestWithContext(ctx, "GET", "http://"+addr+"/", nil)
	if err != nil {
		r.Err = err
		return r
	}
	req.GetBody = nil
	resp, err := transport.RoundTrip(req) // unlike a client, it never tries again
	if err != nil {
		r.Err = err
		return r
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		r.Err = err
		return r
	}
	name, rest, _ := strings.Cut(string(body), "\n")
	if rest != padding {
		r.Err = fmt.Errorf("answer of %d bytes is not whole", len(body))
		return r
	}
	r.Name = strings.Clone(name) // which else would keep the whole answer
	return r
}
