package main

import (
	"context"
	"errors"
	"time"

	"weir/config"
)

// A reloadRequest has run apply a configuration.
type reloadRequest struct {
	conf   *config.Config
	result chan error // cap 1
}

// A reloadResult is how the last reload went.
type reloadResult struct {
	at      time.Time // when it was over
	changed bool      // the configuration is in force, though perhaps not all of it
	err     error     // what failed; nil: nothing
}

var errNotRunning = errors.New("weir is ending")

// reload applies a configuration while run runs: the error joins what couldn't be applied, and
// all else is. It returns once new listeners take connections, which takes maxStartWait at the
// most. If the catalog can't be used at all nothing is changed.
func (b *balancer) reload(conf *config.Config) error {
	r := reloadRequest{conf, make(chan error, 1)}
	select {
	case b.reloads <- r:
		return <-r.result
	case <-b.ended:
		return errNotRunning
	}
}

// refuse notes that the configuration that was to be reloaded is no good.
func (b *balancer) refuse(err error) error {
	b.lastReload.Store(&reloadResult{at: time.Now(), err: err})
	b.log.Error("reload failed, nothing changed", "error", err)
	return err
}

// apply changes what the next configuration has otherwise.
func (b *balancer) apply(ctx context.Context, start starter, next *config.Config) error {
	p := difference(b.conf, next)
	catalog := b.catalog
	if p.catalog {
		var err error
		if catalog, err = newCatalog(next, b.log.Named("discovery")); err != nil {
			return b.refuse(err)
		}
	}
	if l, ok := b.log.(*logger); ok && p.log { // the demo's has no settings
		l.set(next.Log)
	}
	b.limit(next.Process)
	if p.catalog {
		b.replaceCatalog(start, catalog)
	}
	services := b.reloadServices(start, p.services)
	listeners, err := b.reloadListeners(ctx, start, p.listeners, services)
	b.endServices(services)

	inForce := *next
	inForce.Listeners = nil
	for _, l := range listeners {
		inForce.Listeners = append(inForce.Listeners, l.conf)
	}
	summary := difference(b.conf, &inForce).summary()
	b.mu.Lock()
	b.conf, b.services, b.listeners = &inForce, services, listeners
	b.mu.Unlock()
	b.lastReload.Store(&reloadResult{at: time.Now(), changed: true, err: err})
	if err != nil {
		b.log.Warn("reloaded in part", append(summary, "error", err)...)
	} else {
		b.log.Info("reloaded", summary...)
	}
	return err
}
