package discovery

import (
	"context"
	"io"
	"net/http"
)

// A listing is where the answer to one request goes.
type listing struct {
	lists   *lists  // the watch's
	wan     bool    // another datacenter is asked
	entries []entry // nil for a body of "null"
}

type listingKey struct{}

func withListing(ctx context.Context, d *listing) context.Context {
	return context.WithValue(ctx, listingKey{}, d)
}

// A listTransport decodes the answers to requests whose context says where to, and gives
// an empty list to whoever sent them. The api would hold the whole body in memory and go
// over it three times, which for thousands of instances costs ten times as much as all
// that follows.
type listTransport struct{ http.RoundTripper }

func (t listTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	d, ok := r.Context().Value(listingKey{}).(*listing)
	if !ok {
		return textTransport(t).RoundTrip(r)
	}
	resp, err := t.RoundTripper.RoundTrip(r)
	switch {
	case err != nil:
	case resp.StatusCode != http.StatusOK:
		cut(resp)
	default:
		translated := resp.Header.Get("X-Consul-Translate-Addresses") == "true" // to the wan ones, by the agent
		d.lists.wan = d.wan && !translated
		resp.Body = &listBody{ReadCloser: resp.Body, into: d}
	}
	return resp, err
}

// maxText is what is read of an answer that is no list of instances: an error's text, the
// leader's address. What else answers in Consul's place may send anything.
const maxText = 64 << 10

// A textTransport reads no more than that of any answer.
type textTransport struct{ http.RoundTripper }

func (t textTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.RoundTripper.RoundTrip(r)
	if err == nil {
		cut(resp)
	}
	return resp, err
}

func cut(resp *http.Response) {
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxText), resp.Body}
}

// listBody decodes at the first Read, so that an error is the body's.
type listBody struct {
	io.ReadCloser
	into *listing
	done bool
	err  error // of the list: nothing is read after it, as the api would to reuse the connection
}

func (b *listBody) Read(p []byte) (int, error) {
	switch {
	case b.err != nil:
		return 0, b.err
	case b.done:
		return b.ReadCloser.Read(p)
	}
	b.done = true
	if b.into.entries, b.err = b.into.lists.decode(b.ReadCloser); b.err != nil {
		return 0, b.err
	}
	return copy(p, "[]"), nil
}
