package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"weir/config"
	"weir/discovery"
	"weir/health"
	"weir/proxy"
)

// A balancer is all of weir wired together: the catalog feeds the services,
// their pools feed the listeners.
type balancer struct {
	log      hclog.Logger
	resolver *discovery.Resolver // of all services
	limiter  *health.Limiter     // of all services
	server   *proxy.Server

	released chan struct{} // closed when listeners may take connections; hold makes another
	onTrial  atomic.Bool   // another process serves on the inherited sockets

	reloads    chan reloadRequest
	ended      chan struct{} // closed when run has returned
	lastReload atomic.Pointer[reloadResult]

	// run's:
	catalog  discovery.Catalog
	browsing *part // the catalog's Run
	limited  int   // connections at a time

	mu        sync.Mutex     // guards following, which run alone sets, and never changes inside
	conf      *config.Config // in force: a listener that couldn't be bound isn't in it
	services  map[string]*service
	listeners []*listener // in the order of conf
}

// newBalancer binds every listener, so that a taken address is known at once, and uses for it
// those of the inherited sockets that fit; the others are closed. Nothing runs yet. On an error
// nothing stays bound.
func newBalancer(conf *config.Config, relay proxy.Kind, inherited []proxy.Socket, log hclog.Logger) (*balancer, error) {
	catalog, err := newCatalog(conf, log.Named("discovery"))
	if err != nil {
		return nil, err
	}
	server, err := proxy.NewServer(relay, log.Named("proxy"))
	if err != nil {
		return nil, err
	}
	server.Inherit(inherited)
	b := &balancer{
		log:      log,
		resolver: discovery.NewResolver(discovery.SystemLookup, log.Named("discovery")),
		limiter:  health.NewLimiter(health.MaxInFlight),
		server:   server,
		released: closed(),
		reloads:  make(chan reloadRequest),
		ended:    make(chan struct{}),
		catalog:  catalog,
		conf:     conf,
		services: map[string]*service{},
	}
	b.limit(conf.Process)
	for _, c := range conf.Services {
		b.services[c.Name] = b.newService(c)
	}
	var errs []error
	for _, c := range conf.Listeners {
		l, err := b.bind(c, b.services[c.Service])
		if err != nil {
			errs = append(errs, err)
			continue
		}
		b.listeners = append(b.listeners, l)
	}
	if err := errors.Join(errs...); err != nil {
		if len(inherited) > 0 {
			server.HandOver() // they are another process's too, which serves them
		}
		b.shutDownNow()
		return nil, err
	}
	server.DropInherited()
	return b, nil
}

func (b *balancer) newService(c config.Service) *service {
	s := newService(c, b.resolver, b.limiter, b.log)
	s.end = b.server.End
	return s
}

// shutDownNow closes the listeners and grants live connections no time.
func (b *balancer) shutDownNow() {
	now, cancel := context.WithCancel(context.Background())
	cancel()
	b.server.Shutdown(now)
}

// sockets are those of all listeners, for the next process.
func (b *balancer) sockets() []proxy.Socket { return b.server.Sockets() }

// handOver returns when nothing is accepted any more. What waits in the queues is left to the
// next process.
func (b *balancer) handOver() {
	if kept, ok := b.catalog.(*discovery.Snapshot); ok {
		kept.HandOver()
	}
	b.server.HandOver()
}

// inForce is the configuration as it was applied. It must not be changed.
func (b *balancer) inForce() *config.Config {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.conf
}

// maxStartWait bounds how long a listener waits for its service at start.
const maxStartWait = 3 * time.Second

// run works until ctx ends or a part fails for good, and joins all its parts. Reloads are
// applied one after the other, here.
func (b *balancer) run(ctx context.Context) error {
	defer close(b.ended)
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var parts sync.WaitGroup
	start := func(work func(context.Context) error) *part {
		own, cancel := context.WithCancel(ctx)
		p := &part{cancel: cancel, done: make(chan struct{})}
		parts.Go(func() {
			defer close(p.done)
			defer cancel()
			if err := work(own); err != nil && own.Err() == nil {
				fail(err)
			}
		})
		return p
	}
	b.begin(start)
	for ctx.Err() == nil {
		select {
		case r := <-b.reloads:
			r.result <- b.apply(ctx, start, r.conf)
		case <-ctx.Done():
		}
	}
	err := context.Cause(ctx)
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	if b.onTrial.Load() {
		b.server.HandOver() // the other process goes on
	}
	b.shutDownNow()
	parts.Wait()
	return err
}

// begin starts all parts.
func (b *balancer) begin(start starter) {
	b.browsing = start(b.catalog.Run)
	for _, s := range b.services {
		s.begin(start, b.catalog)
	}
	for _, l := range b.listeners {
		l.serving = start(func(ctx context.Context) error { return b.serve(ctx, l) })
	}
}
