package main

import (
	"context"
	"errors"
	"time"

	"weir/config"
	"weir/proxy"
	"weir/proxy/session"
)

// A listener is one of the configuration. It stays as it is, but for serving: a reload makes another.
type listener struct {
	*proxy.Listener
	conf    config.Listener
	service *service
	serving *part // run's; nil: not begun
	failure error // of serving, once that has ended
}

// bind takes the listener's address.
func (b *balancer) bind(c config.Listener, s *service) (*listener, error) {
	l, err := b.server.Bind(c.Name, proxy.Address(c.Bind), s.proxy(), settings(c))
	if err != nil {
		return nil, withName("listener", c.Name, err)
	}
	return &listener{Listener: l, conf: c, service: s}, nil
}

// settings are what a listener grants its clients.
func settings(c config.Listener) session.Settings {
	s := session.Settings{
		MaxConnections:          c.MaxConnections,
		MaxConnectionsPerClient: c.MaxConnectionsPerClient,
		IdleTimeout:             c.IdleTimeout,
		MaxLifetime:             c.MaxLifetime,
		HalfCloseTimeout:        c.HalfCloseTimeout,
		KeepAlive:               c.KeepAlive,
	}
	if c.WhenFull == config.WhenFullClose {
		s.WhenFull = session.Close
	}
	return s
}

// serve listens once the service can be balanced, or when that takes too long, and returns
// when the listener is closed; or when ctx ends before it listens.
func (b *balancer) serve(ctx context.Context, l *listener) error {
	if !b.awaitService(ctx, l) {
		return nil
	}
	err := l.Serve()
	if errors.Is(err, proxy.ErrServerClosed) {
		return nil
	}
	return withName("listener", l.conf.Name, err)
}

// awaitService waits until the listener may take connections for its service, and says so if
// there is no backend even then. It returns false when ctx ends before.
func (b *balancer) awaitService(ctx context.Context, l *listener) bool {
	select {
	case <-l.service.ready:
	case <-time.After(maxStartWait + time.Second): // a reload has ended that service
	case <-ctx.Done():
		return false
	}
	if !happens(ctx, b.released) {
		return false
	}
	if what := l.service.lacks(); what != "" {
		b.log.Warn("listening without a backend: connections are reset", "listener", l.conf.Name, "service", l.service.conf.Name, "reason", what)
	}
	return true
}

// awaitServing returns nil when the listener takes connections.
func (l *listener) awaitServing() error {
	select {
	case <-l.Serving():
		return nil
	case <-l.serving.done:
	}
	switch {
	case happened(l.Serving()):
		return nil
	case l.failure != nil:
		return l.failure
	}
	return withName("listener", l.conf.Name, errNotRunning)
}

// close ends the listener, after taking what waits in its queue. Its connections go on.
func (l *listener) close() {
	l.Close()
	end(l.serving)
}
