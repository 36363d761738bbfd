package discovery

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/hashicorp/consul/api"
	"github.com/hashicorp/go-hclog"
)

// ConsulOptions say how to reach the local agent and as whom.
type ConsulOptions struct {
	Address   string // host:port, with http:// (assumed), https:// or unix:// before it
	Token     string
	TokenFile string // read once, by NewConsul; beats Token

	Datacenter, Namespace, Partition string // empty: the agent's, or the token's, own

	TLS TLSOptions // used with https://
}

// TLSOptions hold file names in PEM form; empty means the system's CAs and no
// client certificate.
type TLSOptions struct {
	CAFile, CertFile, KeyFile string

	ServerName         string // the name to verify, when the address is not it
	InsecureSkipVerify bool
}

// Consul is the catalog of a Consul agent, followed with blocking queries. The
// token needs service:read and node:read for what it watches: without them
// Consul answers with an empty list, not with an error.
type Consul struct {
	web    *http.Client // what client sends with
	client *api.Client
	token  string
	scope  api.QueryOptions // what every query carries
	gate   *gate
	loads  chan struct{} // holds one token per index-0 read under way
	log    hclog.Logger
}

// maxLoads bounds the reads at index 0, each of which is an RPC to Consul's
// servers: at start, and when many watches return together (rule 18).
const maxLoads = 16

// NewConsul reads the token and certificate files; it doesn't connect.
func NewConsul(o ConsulOptions, log hclog.Logger) (*Consul, error) {
	if o.TokenFile != "" {
		b, err := os.ReadFile(o.TokenFile)
		if err != nil {
			return nil, fmt.Errorf("read token file: %w", err)
		}
		if o.Token = strings.TrimSpace(string(b)); o.Token == "" {
			return nil, fmt.Errorf("token file %s is empty", o.TokenFile)
		}
	}
	transport, err := newTransport(o)
	if err != nil {
		return nil, err
	}
	return newConsul(o, transport, log)
}

// newConsul takes what the requests go through.
func newConsul(o ConsulOptions, transport http.RoundTripper, log hclog.Logger) (*Consul, error) {
	web := &http.Client{
		Transport: listTransport{transport},
		// An agent redirects an odd path only; what else does is not our Consul.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	client, err := newClient(o, web)
	if err != nil {
		return nil, err
	}
	return &Consul{
		web:    web,
		client: client,
		token:  o.Token,
		scope:  api.QueryOptions{Datacenter: o.Datacenter, Namespace: o.Namespace, Partition: o.Partition},
		gate:   newGate(o.Address, log),
		loads:  make(chan struct{}, maxLoads),
		log:    log,
	}, nil
}

// Run closes the connections that rest once ctx has ended. Watches share only
// the gate, which they run themselves.
func (c *Consul) Run(ctx context.Context) error {
	<-ctx.Done()
	c.web.CloseIdleConnections()
	return nil
}

// Watch follows one service until ctx ends.
func (c *Consul) Watch(ctx context.Context, q Query, feed *Feed) error {
	newWatch(c, q, feed).run(ctx)
	return nil
}

// An answer is one good response of the health endpoint.
type answer struct {
	entries []entry
	index   uint64 // at least 1: Consul's rule is to treat 0 so
	partial bool   // the token may not see all of it
	decoded time.Time
}

var (
	errNoList  = errors.New("decode answer: no list of instances")
	errPartial = errors.New("the token may not see all instances")
	errNoIndex = errors.New("an empty list without an index is no answer of Consul")
)

// Kinds of read. Only blocking ones are answered from the agent's streamed view.
type readMode uint8

const (
	stale      readMode = iota // at once, from any server
	consistent                 // at once, proven by the leader: to confirm, never to follow
)

const loadTimeout = 20 * time.Second // covers the 7 s for which an agent waits for a leader

// load reads the service at index 0, uncached.
func (c *Consul) load(ctx context.Context, q Query, lists *lists, mode readMode) (answer, error) {
	select {
	case c.loads <- struct{}{}:
		defer func() { <-c.loads }()
	case <-ctx.Done():
		return answer{}, ctx.Err()
	}
	opts := c.scope
	opts.AllowStale = mode == stale
	opts.RequireConsistent = mode == consistent
	return c.query(ctx, q, lists, opts, loadTimeout)
}

// block waits until the service's index passes index or wait has gone by.
func (c *Consul) block(ctx context.Context, q Query, lists *lists, index uint64, wait time.Duration) (answer, error) {
	opts := c.scope
	opts.AllowStale = true
	opts.WaitIndex = index
	opts.WaitTime = wait
	// Consul adds up to wait/16 of jitter and may hold on 7 s for a leader (rule 6).
	return c.query(ctx, q, lists, opts, wait*17/16+15*time.Second)
}

func (c *Consul) query(ctx context.Context, q Query, lists *lists, opts api.QueryOptions, timeout time.Duration) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	opts.Token = c.token
	opts.Filter = q.Filter
	into := &listing{lists: lists}
	meta, err := c.client.Raw().Query("/v1/health/service/"+q.Service, new(any), opts.WithContext(withListing(ctx, into)))
	if err != nil {
		return answer{}, fmt.Errorf("ask %s: %w", c.gate.address, shorten(err))
	}
	if into.entries == nil { // a body of "null": not an empty list, so not an answer
		return answer{}, errNoList
	}
	if len(into.entries) == 0 && meta.LastIndex == 0 { // something else listens there: Consul says since when it has none
		return answer{}, errNoIndex
	}
	return answer{
		entries: into.entries,
		index:   max(1, meta.LastIndex),
		partial: meta.ResultsFilteredByACLs,
		decoded: time.Now(),
	}, nil
}
