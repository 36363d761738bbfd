package discovery

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/consul/api"
	"github.com/hashicorp/go-hclog"
)

// ConsulOptions say how to reach the local agent and as whom.
type ConsulOptions struct {
	Address   string // host:port, with http:// (assumed), https:// or unix:// before it
	Token     string
	TokenFile string // followed; beats Token

	Datacenter, Namespace, Partition string // empty: the agent's, or the token's, own

	TLS TLSOptions // used with https://
}

// TLSOptions hold the names of files in PEM form, which are followed; empty means the
// system's CAs and no client certificate.
type TLSOptions struct {
	CAFile, CertFile, KeyFile string

	ServerName         string // the name to verify, when the address is not it
	InsecureSkipVerify bool
}

// Consul is the catalog of a Consul agent, followed with blocking queries. The
// token needs service:read and node:read for what it watches: without them
// Consul answers with an empty list, not with an error.
type Consul struct {
	address     string
	credentials *credentials
	client      *api.Client
	pulses      *api.Client      // shares no connection with client
	scope       api.QueryOptions // what every query carries
	turns       *turns
	log         hclog.Logger

	arrived chan struct{} // cap 1: there are sites for Run

	mu      sync.Mutex // guards following
	sites   map[string]*site
	waiting []*site // that don't run yet
}

// maxLoads bounds the reads at index 0 of one datacenter, each of which is an RPC to
// its servers: at start, and when many watches return together (rule 18).
const maxLoads = 16

// NewConsul reads the token and certificate files; it doesn't connect.
func NewConsul(o ConsulOptions, log hclog.Logger) (*Consul, error) {
	credentials, err := newCredentials(o, log)
	if err != nil {
		return nil, err
	}
	return newConsul(o, credentials, credentials, credentials.pulse(), log)
}

// newConsul takes what requests, and pulses, go through.
func newConsul(o ConsulOptions, credentials *credentials, requests, pulses http.RoundTripper, log hclog.Logger) (*Consul, error) {
	o.Token = credentials.token() // else the api would look for one in the environment
	client, err := newClient(o, listTransport{requests})
	if err != nil {
		return nil, err
	}
	pulse, err := newClient(o, textTransport{pulses})
	if err != nil {
		return nil, err
	}
	polls := maxConnections - maxLoads
	if scheme, _ := splitAddress(o.Address); scheme == "https" {
		polls = 0
	}
	return &Consul{
		address:     o.Address,
		credentials: credentials,
		client:      client,
		pulses:      pulse,
		scope:       api.QueryOptions{Datacenter: o.Datacenter, Namespace: o.Namespace, Partition: o.Partition},
		turns:       newTurns(polls, log),
		log:         log,
		arrived:     make(chan struct{}, 1),
		sites:       map[string]*site{},
	}, nil
}

// Run keeps the sites' gates and follows the files until ctx ends, and closes the connections
// that rest then.
func (c *Consul) Run(ctx context.Context) error {
	defer c.credentials.closeIdle()
	var parts sync.WaitGroup
	defer parts.Wait()
	parts.Go(func() { c.credentials.run(ctx) })
	changed := c.credentials.changed()
	for {
		c.mu.Lock()
		waiting := c.waiting
		c.waiting = nil
		c.mu.Unlock()
		for _, s := range waiting {
			parts.Go(func() { s.run(ctx) })
		}
		select {
		case <-c.arrived:
		case <-changed:
			changed = c.credentials.changed()
			c.renew()
		case <-ctx.Done():
			return nil
		}
	}
}

// Watch follows one service until ctx ends. Run must run.
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
	errNoList  = badAnswer("decode answer: no list of instances")
	errOther   = badAnswer("the answer is about another service")
	errPartial = badAnswer("the token may not see all instances")
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
	loads := c.site(q).loads
	select {
	case loads <- struct{}{}:
		defer func() { <-loads }()
	case <-ctx.Done():
		return answer{}, context.Cause(ctx)
	}
	opts := c.scope
	opts.AllowStale = mode == stale
	opts.RequireConsistent = mode == consistent
	a, err := c.query(ctx, q, lists, opts, loadTimeout)
	if tooMany(err) {
		c.turns.refuse()
	}
	return a, err
}

// block waits until the service's index passes index or wait has gone by.
func (c *Consul) block(ctx context.Context, q Query, lists *lists, index uint64, wait time.Duration) (a answer, err error) {
	if err := c.turns.take(ctx); err != nil {
		return answer{}, err
	}
	defer func() {
		if tooMany(err) {
			c.turns.refuse()
		}
		c.turns.give()
	}()
	opts := c.scope
	opts.AllowStale = true
	opts.WaitIndex = index
	opts.WaitTime = wait
	// Consul adds up to wait/16 of jitter and may hold on 7 s for a leader (rule 6).
	return c.query(ctx, q, lists, opts, wait*17/16+15*time.Second)
}

func (c *Consul) query(ctx context.Context, q Query, lists *lists, opts api.QueryOptions, timeout time.Duration) (answer, error) {
	request, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	opts.Token = c.credentials.token()
	opts.Filter = q.Filter
	if q.Datacenter != "" {
		opts.Datacenter = q.Datacenter
	}
	into := &listing{lists: lists, wan: q.Datacenter != ""}
	meta, err := c.client.Raw().Query("/v1/health/service/"+q.Service, new(any), opts.WithContext(withListing(request, into)))
	if ctx.Err() != nil {
		return answer{}, context.Cause(ctx)
	}
	if err != nil {
		return answer{}, fmt.Errorf("ask %s: %w", c.address, shorten(err))
	}
	if into.entries == nil { // a body of "null": not an empty list, so not an answer
		return answer{}, errNoList
	}
	if !about(q.Service, into.entries) {
		return answer{}, errOther
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
