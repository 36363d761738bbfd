package health

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
)

const (
	maxHeader = 64 << 10 // bytes of status line and headers that are read of an answer
	maxBody   = 64 << 10 // bytes of the body that are read; a longer one equals nothing that can be expected
)

// HTTP is the heartbeat for backends that speak HTTP: one GET on a connection of its own, answered by a status of 2xx.
// Redirects are not followed and no proxy is used: they would tell of somebody else's health.
type HTTP struct {
	Path   string // begins with a slash; may have a query
	Expect string // what the body must be after white space around it is cut off; empty: anything
	Header []byte // sent before the request, as by LocalHeader; mostly nothing
}

var _ Probe = HTTP{}

// Probe asks once. It works on the connection itself rather than through an http.Client, so that nothing is pooled and the
// connection is closed when it returns.
func (h HTTP) Probe(ctx context.Context, addr netip.AddrPort) error {
	addr = netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())
	req, err := h.request(addr)
	if err != nil {
		return err
	}
	conn, hangUp, err := dial(ctx, addr)
	if err != nil {
		return explain(err)
	}
	defer hangUp()
	question := bytes.NewBuffer(bytes.Clone(h.Header)) // so that one write takes both
	if err := req.Write(question); err != nil {
		return err
	}
	if _, err := conn.Write(question.Bytes()); err != nil {
		return explain(err)
	}
	resp, err := readAnswer(conn, req)
	if err != nil {
		return err
	}
	return h.judge(resp)
}

func (h HTTP) request(addr netip.AddrPort) (*http.Request, error) {
	u, err := url.ParseRequestURI(h.Path)
	if err != nil {
		return nil, fmt.Errorf("path: %w", err)
	}
	u.Scheme, u.Host = "http", addr.String()
	return &http.Request{
		Method: http.MethodGet,
		URL:    u,
		Header: http.Header{"User-Agent": {"weir-heartbeat"}},
		Close:  true,
	}, nil
}

// readAnswer reads up to the end of the headers of the final answer. The body is left to be read from conn, unbounded.
func readAnswer(conn io.Reader, req *http.Request) (*http.Response, error) {
	bounded := &io.LimitedReader{R: conn, N: maxHeader}
	in := bufio.NewReader(bounded)

	const proto = "HTTP/"
	if first, err := in.Peek(len(proto)); string(first) != proto {
		switch {
		case err == nil || errors.Is(err, io.EOF) && len(first) > 0:
			sent, _ := in.Peek(in.Buffered())
			return nil, fmt.Errorf("not an HTTP answer: %s", excerpt(sent))
		case errors.Is(err, io.EOF):
			return nil, &failure{"connection closed without an answer", err}
		}
		return nil, explain(err)
	}
	for {
		resp, err := http.ReadResponse(in, req)
		if err != nil {
			return nil, misread(err, bounded.N == 0)
		}
		interim := resp.StatusCode < 200 && resp.StatusCode != http.StatusSwitchingProtocols
		if !interim {
			bounded.N = math.MaxInt64
			return resp, nil
		}
	}
}

// misread explains why the headers could not be read.
func misread(err error, tooLong bool) error {
	_, network := errors.AsType[*net.OpError](err)
	switch {
	case tooLong:
		return &failure{fmt.Sprintf("headers longer than %d KiB", maxHeader>>10), err}
	case network || errors.Is(err, io.ErrUnexpectedEOF):
		return explain(err)
	}
	return &failure{"not an HTTP answer: " + excerpt(err.Error()), err}
}

// judge compares the answer with what is expected. It always reads the body, up to its bound: an answer that doesn't end is
// none, and a backend needn't see its connection reset.
func (h HTTP) judge(resp *http.Response) error {
	if code := resp.StatusCode; code < 200 || code > 299 {
		status := "status " + strconv.Itoa(code)
		if text := http.StatusText(code); text != "" { // the backend's own words may be anything
			status = strconv.Itoa(code) + " " + text
		}
		if to := resp.Header.Get("Location"); to != "" && code/100 == 3 {
			return fmt.Errorf("%s to %s, redirects are not followed", status, excerpt(to))
		}
		return errors.New(status)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return explain(err)
	}
	if h.Expect == "" {
		return nil
	}
	if len(body) > maxBody {
		return fmt.Errorf("body longer than %d KiB instead of %s", maxBody>>10, excerpt(h.Expect))
	}
	if got := bytes.TrimSpace(body); string(got) != h.Expect {
		return fmt.Errorf("body %s instead of %s", excerpt(got), excerpt(h.Expect))
	}
	return nil
}
