package consul

import (
	"bytes"
	"context"
	"io"
	"testing"

	"github.com/hashicorp/consul/api"
)

// Save takes a snapshot of all that the servers know, like `consul snapshot save`.
func (c *Agents) Save(t testing.TB) []byte {
	t.Helper()
	var saved []byte
	c.ask(t, "snapshot", func(ctx context.Context, server *api.Client) error {
		stream, _, err := server.Snapshot().Save((&api.QueryOptions{}).WithContext(ctx))
		if err != nil {
			return err
		}
		defer stream.Close()
		saved, err = io.ReadAll(stream)
		return err
	})
	return saved
}

// Restore puts the servers back to what they knew at a Save, like `consul snapshot restore`. What
// agents hold themselves they register again by and by.
func (c *Agents) Restore(t testing.TB, saved []byte) {
	t.Helper()
	c.ask(t, "restored snapshot", func(ctx context.Context, server *api.Client) error {
		return server.Snapshot().Restore((&api.WriteOptions{}).WithContext(ctx), bytes.NewReader(saved))
	})
}
