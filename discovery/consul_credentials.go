package discovery

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/consul/api"
	"github.com/hashicorp/go-hclog"
)

const (
	lookEvery = time.Second
	// A file system that hangs mustn't hold up who wants to know at once.
	lookPatience = time.Second
)

// credentials are the token and the TLS files of the requests to one Consul, followed in their
// files (rule 19), and the connections that are made with them. All methods may be called at
// the same time.
type credentials struct {
	options ConsulOptions
	now     atomic.Pointer[access]

	files []*followed // belong to who closes looking

	mu      sync.Mutex    // guards following, and the storing of now
	looking chan struct{} // closed when the look that is under way is over; nil: none is
	retired []retirement
}

// newCredentials reads the files; it doesn't connect.
func newCredentials(o ConsulOptions, log hclog.Logger) (*credentials, error) {
	c := &credentials{options: o}
	c.now.Store(&access{token: o.Token, outdated: make(chan struct{})})
	if o.TokenFile != "" {
		err := c.follow(&followed{
			paths: []string{o.TokenFile}, use: c.useToken, log: log.With("file", o.TokenFile),
			changed: "token file changed, using the new token",
			refused: "token file can't be used, the old token stays",
			usable:  "token file can be used again",
		})
		if err != nil {
			return nil, fmt.Errorf("read token file: %w", err)
		}
	}
	switch scheme, _ := splitAddress(o.Address); scheme {
	case "http", "unix":
		c.change(func(next *access) { next.connect(o) })
	case "https":
		err := c.follow(&followed{
			paths: []string{o.TLS.CAFile, o.TLS.CertFile, o.TLS.KeyFile}, use: c.useTLS, log: log,
			changed: "tls files changed, using the new ones",
			refused: "tls files can't be used, the old ones stay",
			usable:  "tls files can be used again",
		})
		if err != nil {
			return nil, fmt.Errorf("set up TLS to Consul: %w", err)
		}
	default:
		return nil, fmt.Errorf("consul address %q: scheme %q is none of http, https, unix", o.Address, scheme)
	}
	return c, nil
}

func (c *credentials) follow(f *followed) error {
	c.files = append(c.files, f)
	return f.load()
}

func (c *credentials) useToken(texts [][]byte) error {
	c.change(func(next *access) { next.token, next.outdated = string(texts[0]), make(chan struct{}) })
	return nil
}

func (c *credentials) useTLS(texts [][]byte) error {
	conf, err := api.SetupTLSConfig(&api.TLSConfig{
		Address:            c.options.TLS.ServerName,
		CAPem:              texts[0],
		CertPEM:            texts[1],
		KeyPEM:             texts[2],
		InsecureSkipVerify: c.options.TLS.InsecureSkipVerify,
	})
	if err != nil {
		return err
	}
	c.change(func(next *access) {
		next.tls, next.outdated = conf, make(chan struct{})
		next.connect(c.options)
	})
	return nil
}

// run looks at the files every second until ctx ends.
func (c *credentials) run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			c.look(nil)
			c.closeRetired()
		}
	}
}

// look reads the files at once, for who was refused: with a 403, or in a handshake. It reports
// whether there is anything newer than at the time when changed returned outdated, before the
// request. Many calls at once cost one look.
func (c *credentials) look(outdated <-chan struct{}) bool {
	select {
	case <-c.looked():
	case <-time.After(lookPatience):
	}
	select {
	case <-outdated:
		return true
	default:
		return false
	}
}

// looked begins a look if none is under way, and returns what is closed after it.
func (c *credentials) looked() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.looking == nil {
		c.looking = make(chan struct{})
		go c.lookAtAll()
	}
	return c.looking
}

func (c *credentials) lookAtAll() {
	for _, f := range c.files {
		f.look()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.looking)
	c.looking = nil
}

// token is the newest that could be read.
func (c *credentials) token() string { return c.now.Load().token }

// changed returns what is closed when the files have something newer than now.
func (c *credentials) changed() <-chan struct{} { return c.now.Load().outdated }
