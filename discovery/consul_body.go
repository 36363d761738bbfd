package discovery

import (
	"context"
	"io"
	"net/http"
)

// A listing is where the answer to one request goes.
type listing struct {
	lists   *lists  // the watch's
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
	resp, err := t.RoundTripper.RoundTrip(r)
	if d, ok := r.Context().Value(listingKey{}).(*listing); ok && err == nil && resp.StatusCode == http.StatusOK {
		resp.Body = &listBody{ReadCloser: resp.Body, into: d}
	}
	return resp, err
}

// CloseIdleConnections is what http.Client looks for.
func (t listTransport) CloseIdleConnections() {
	if c, ok := t.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// listBody decodes at the first Read, so that an error is the body's.
type listBody struct {
	io.ReadCloser
	into *listing
	done bool
}

func (b *listBody) Read(p []byte) (int, error) {
	if b.done {
		return b.ReadCloser.Read(p)
	}
	b.done = true
	var err error
	if b.into.entries, err = b.into.lists.decode(b.ReadCloser); err != nil {
		return 0, err
	}
	return copy(p, "[]"), nil
}
