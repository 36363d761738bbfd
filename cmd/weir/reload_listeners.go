package main

import (
	"context"
	"errors"
	"fmt"
)

// A relisting is the part of a reload that is about the listeners.
type relisting struct {
	b        *balancer
	start    starter
	services map[string]*service // to be
	changes  []listenerChange
	result   []*listener // of each change; nil: none, or none yet
	errs     []error
}

// reloadListeners returns the listeners to be, which take connections, or wait for a service that
// isn't ready within maxStartWait. What can't be done is left out, or left as it was, and is in the error.
func (b *balancer) reloadListeners(ctx context.Context, start starter, changes []listenerChange, services map[string]*service) ([]*listener, error) {
	r := &relisting{b: b, start: start, services: services, changes: changes, result: make([]*listener, len(changes))}
	r.open()
	r.keep(ctx)
	r.giveUp()
	r.openLate(ctx)
	var list []*listener
	for _, l := range r.result {
		if l != nil {
			list = append(list, l)
		}
	}
	return list, errors.Join(r.errs...)
}

// open begins to serve at new addresses, but for those that have to wait until others are given up.
// Who can't have its new one stays where it was.
func (r *relisting) open() {
	for i, c := range r.changes {
		if c.is == nil || c.kept() || c.late {
			continue
		}
		l, err := r.b.bind(*c.is, r.services[c.is.Service])
		if err != nil {
			r.failed(i, err)
			continue
		}
		r.result[i] = l
		r.serve(l)
	}
}

// failed notes why a change can't be made. If only the address is the matter, all else of it can.
func (r *relisting) failed(i int, err error) {
	r.errs = append(r.errs, err)
	r.result[i] = nil
	c := &r.changes[i]
	if c.was == nil {
		return
	}
	is := *c.is
	is.Bind = c.was.Bind
	c.is, c.late = &is, false
}

// keep changes the listeners whose sockets stay: first those that needn't wait for a service.
// Then it waits for the new ones.
func (r *relisting) keep(ctx context.Context) {
	for _, ready := range []bool{true, false} {
		for i, c := range r.changes {
			if c.kept() && happened(r.services[c.is.Service].ready) == ready && r.result[i] == nil {
				r.result[i] = r.adjust(ctx, c)
			}
		}
	}
	for i, c := range r.changes {
		l := r.result[i]
		if l == nil || c.kept() {
			continue
		}
		if err := l.awaitServing(); err != nil {
			r.failed(i, err)
			if c.was != nil {
				r.result[i] = r.adjust(ctx, r.changes[i])
			}
		}
	}
}

// adjust gives a listener that keeps its socket another name, service, or settings.
func (r *relisting) adjust(ctx context.Context, c listenerChange) *listener {
	old, s := r.old(c), r.services[c.is.Service]
	if *c.is == old.conf && s == old.service {
		return old
	}
	l := &listener{Listener: old.Listener, conf: *c.is, service: s, serving: old.serving}
	if c.is.Name == c.was.Name {
		if c.is.Service != c.was.Service && !r.b.awaitService(ctx, l) {
			return old
		}
		l.Configure(s.proxy(), settings(*c.is))
		return l
	}
	heir, err := old.Succeed(c.is.Name, s.proxy(), settings(*c.is))
	if err == nil {
		l.Listener = heir
		r.serve(l)
		err = l.awaitServing()
	}
	if err != nil {
		r.errs = append(r.errs, fmt.Errorf("rename listener %q: %w", c.was.Name, err))
		l.Listener, l.conf.Name, l.serving = old.Listener, c.was.Name, old.serving
		l.Configure(s.proxy(), settings(*c.is))
		return l
	}
	end(old.serving) // which it has
	return l
}

// giveUp closes the listeners that are removed, and those that have another address by now.
func (r *relisting) giveUp() {
	for i, c := range r.changes {
		if c.is == nil || c.moved() && r.result[i] != nil {
			r.old(c).close()
		}
	}
}

// old is the listener before the change.
func (r *relisting) old(c listenerChange) *listener {
	for _, l := range r.b.listeners {
		if l.conf == *c.was {
			return l
		}
	}
	return nil // not of a plan that was made from what is in force
}

// serve begins to serve. A listener that can't harms no other.
func (r *relisting) serve(l *listener) {
	l.serving = r.start(func(ctx context.Context) error {
		l.failure = r.b.serve(ctx, l)
		if l.failure != nil && happened(l.Serving()) {
			r.b.log.Error("listener failed", "listener", l.conf.Name, "error", l.failure)
		}
		return nil
	})
}
