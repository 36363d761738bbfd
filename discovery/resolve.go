package discovery

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

// A Lookup asks for the addresses of a host name. It ends when ctx does.
type Lookup func(ctx context.Context, host string) ([]netip.Addr, error)

// SystemLookup asks the system's resolver for addresses of both families.
func SystemLookup(ctx context.Context, host string) ([]netip.Addr, error) {
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

const (
	maxLookups    = 16               // at once, over all services: resolvers drop what floods them
	lookupTimeout = 5 * time.Second  // the system's own patience with a silent name server
	lookupEvery   = 30 * time.Second // for a host that has an address
	lookupRetry   = time.Second      // for one that never had any; doubled up to lookupEvery
)

// A Resolver stands between a catalog and those who need addresses: of the
// sets that pass, it turns host names into IP addresses.
type Resolver struct {
	lookup Lookup
	slots  chan struct{} // one token per lookup under way
	log    hclog.Logger
}

// NewResolver is to be shared by all services.
func NewResolver(lookup Lookup, log hclog.Logger) *Resolver {
	return &Resolver{lookup: lookup, slots: make(chan struct{}, maxLookups), log: log}
}

// Resolve passes sets on from in to out, whose one reader and one writer it is,
// until ctx ends. All hosts of out are IP addresses; a set that has no others
// passes as it is. An instance whose name never had an address is left out;
// once it had one, that stays while lookups fail. How old the catalog's answer
// is, only in knows.
func (r *Resolver) Resolve(ctx context.Context, in, out *Feed) error {
	var lookups sync.WaitGroup
	defer lookups.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // before the wait

	names := newHosts(r.log)
	answers := make(chan lookupAnswer)
	timer := time.NewTimer(lookupEvery)
	defer timer.Stop()
	set := in.Set() // one set at a time: its names are known
	for fresh := true; ; {
		if set != nil && fresh {
			names.keep(set)
			if resolved, ok := names.resolve(set); ok && !resolved.Equal(out.Set()) {
				out.Publish(resolved)
			}
		}
		now := time.Now()
		for _, host := range names.due(now) {
			lookups.Go(func() { r.ask(ctx, host, answers) })
		}
		if next, ok := names.next(); ok {
			timer.Reset(next.Sub(now))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-in.Changed():
			set, fresh = in.Set(), true
		case a := <-answers:
			fresh = names.answered(a, time.Now())
		case <-timer.C:
			fresh = false
		}
	}
}

// A lookupAnswer is the end of one lookup: addresses, or an error.
type lookupAnswer struct {
	host  string
	addrs []netip.Addr
	err   error
}

// ask looks one host up, when it is its turn.
func (r *Resolver) ask(ctx context.Context, host string, answers chan<- lookupAnswer) {
	select {
	case r.slots <- struct{}{}:
	case <-ctx.Done():
		return
	}
	limited, cancel := context.WithTimeout(ctx, lookupTimeout)
	addrs, err := r.lookup(limited, host)
	cancel()
	<-r.slots
	select {
	case answers <- lookupAnswer{host: host, addrs: addrs, err: err}:
	case <-ctx.Done():
	}
}
