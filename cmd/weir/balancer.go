package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
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
	log       hclog.Logger
	catalog   discovery.Catalog
	services  map[string]*service
	server    *proxy.Server
	listeners []boundListener
}

type boundListener struct {
	*proxy.Listener
	name    string
	service *service
}

// newBalancer binds every listener, so that a taken address is known at once.
// Nothing runs yet. On an error nothing stays bound.
func newBalancer(conf *config.Config, relay proxy.Kind, log hclog.Logger) (*balancer, error) {
	catalog, err := newCatalog(conf, log.Named("discovery"))
	if err != nil {
		return nil, err
	}
	server, err := proxy.NewServer(relay, log.Named("proxy"))
	if err != nil {
		return nil, err
	}
	b := &balancer{
		log:      log,
		catalog:  catalog,
		services: map[string]*service{},
		server:   server,
	}
	limiter := health.NewLimiter(health.MaxInFlight)
	resolver := discovery.NewResolver(discovery.SystemLookup, log.Named("discovery"))
	for _, c := range conf.Services {
		b.services[c.Name] = newService(c, resolver, limiter, log)
	}
	var errs []error
	for _, c := range conf.Listeners {
		s := b.services[c.Service]
		l, err := b.server.Bind(c.Name, c.Bind.AddrPort, s.proxy())
		if err != nil {
			errs = append(errs, withName("listener", c.Name, err))
			continue
		}
		b.listeners = append(b.listeners, boundListener{Listener: l, name: c.Name, service: s})
	}
	if err := errors.Join(errs...); err != nil {
		b.shutDownNow()
		return nil, err
	}
	return b, nil
}

// shutDownNow closes the listeners and grants live connections no time.
func (b *balancer) shutDownNow() {
	now, cancel := context.WithCancel(context.Background())
	cancel()
	b.server.Shutdown(now)
}

func newCatalog(conf *config.Config, log hclog.Logger) (discovery.Catalog, error) {
	if conf.Files != nil {
		return discovery.NewFiles(conf.Files.Dir, log), nil
	}
	c := conf.Consul
	catalog, err := discovery.NewConsul(discovery.ConsulOptions{
		Address:    c.Address,
		Token:      c.Token.Reveal(),
		TokenFile:  c.TokenFile,
		Datacenter: c.Datacenter,
		Namespace:  c.Namespace,
		Partition:  c.Partition,
		TLS: discovery.TLSOptions{
			CAFile:             c.TLS.CAFile,
			CertFile:           c.TLS.CertFile,
			KeyFile:            c.TLS.KeyFile,
			ServerName:         c.TLS.ServerName,
			InsecureSkipVerify: c.TLS.InsecureSkipVerify,
		},
	}, log)
	if err != nil {
		return nil, fmt.Errorf("consul: %w", err)
	}
	if c.SnapshotFile == "" {
		return catalog, nil
	}
	return discovery.NewSnapshot(catalog, discovery.SnapshotOptions{
		File:       c.SnapshotFile,
		MaxAge:     c.SnapshotMaxAge,
		Datacenter: c.Datacenter,
		Namespace:  c.Namespace,
		Partition:  c.Partition,
	}, log), nil
}

// maxStartWait bounds how long a listener waits for its service at start.
const maxStartWait = 3 * time.Second

// run works until ctx ends or a part fails for good, and joins all its parts.
func (b *balancer) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var parts sync.WaitGroup
	part := func(run func(context.Context) error) {
		parts.Go(func() {
			if err := run(ctx); err != nil && ctx.Err() == nil {
				cancel(err)
			}
		})
	}
	part(b.catalog.Run)
	for _, s := range b.services {
		for _, t := range s.tiers {
			part(func(ctx context.Context) error { return b.catalog.Watch(ctx, t.query(s.conf), t.catalog) })
			part(func(ctx context.Context) error { return t.resolve(ctx, s.resolver) })
		}
		part(s.follow)
		if s.checker != nil {
			part(s.checker.Run)
		}
	}
	for _, l := range b.listeners {
		part(func(ctx context.Context) error { return b.serve(ctx, l) })
	}
	<-ctx.Done()
	err := context.Cause(ctx)
	if errors.Is(err, context.Canceled) {
		err = nil
	} else {
		b.shutDownNow()
	}
	parts.Wait()
	return err
}

// serve listens once the service can be balanced, or when that takes too long.
func (b *balancer) serve(ctx context.Context, l boundListener) error {
	select {
	case <-l.service.ready:
	case <-ctx.Done():
	}
	if what := l.service.lacks(); what != "" && ctx.Err() == nil {
		b.log.Warn("listening without a backend: connections are reset", "listener", l.name, "service", l.service.conf.Name, "reason", what)
	}
	err := l.Serve()
	if errors.Is(err, proxy.ErrServerClosed) {
		return nil
	}
	return withName("listener", l.name, err)
}
