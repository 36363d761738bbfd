package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// awaitReady returns nil once every service had a set and its first verdicts, or no longer waits
// for them, and every listener takes connections. When ctx ends before, the error names what is missing.
func (b *balancer) awaitReady(ctx context.Context) error {
	missing := b.missingServices(ctx)
	b.mu.Lock()
	listeners := b.listeners
	b.mu.Unlock()
	for _, l := range listeners {
		if !happens(ctx, l.Serving()) {
			missing = append(missing, fmt.Sprintf("listener %q doesn't listen at %s yet", l.conf.Name, l.Addr()))
		}
	}
	return notReady(missing)
}

// awaitServices is awaitReady but for the listeners.
func (b *balancer) awaitServices(ctx context.Context) error { return notReady(b.missingServices(ctx)) }

func (b *balancer) missingServices(ctx context.Context) (missing []string) {
	b.mu.Lock()
	services, conf := b.services, b.conf
	b.mu.Unlock()
	for _, c := range conf.Services {
		if s := services[c.Name]; !happens(ctx, s.stocked) || !happens(ctx, s.ready) {
			missing = append(missing, fmt.Sprintf("service %q: %s", c.Name, s.waits()))
		}
	}
	return missing
}

func notReady(missing []string) error {
	if missing == nil {
		return nil
	}
	return errors.New("not ready: " + strings.Join(missing, "; "))
}

// happens waits until c is closed, and returns false if ctx ends before.
func happens(ctx context.Context, c <-chan struct{}) bool {
	select {
	case <-c:
	case <-ctx.Done():
	}
	return happened(c)
}

// waits says what the service waits for.
func (s *service) waits() string {
	if what := s.lacks(); what != "" {
		return what
	}
	return "not every instance had its first heartbeat yet"
}

// happened reports whether c is closed.
func happened(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
