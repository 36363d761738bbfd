package discovery

import (
	"crypto/tls"
	"net/http"
	"slices"
	"time"
)

const (
	dialTimeout      = 3 * time.Second
	pulseDialTimeout = 2 * time.Second
)

// An access is what requests are sent with. It is immutable.
type access struct {
	token         string
	tls           *tls.Config // nil without TLS
	polls, pulses *http.Transport
	outdated      chan struct{} // closed when the files had something newer
}

// connect gives an access that is being made connections of its own.
func (a *access) connect(o ConsulOptions) {
	a.polls = agentTransport(o, a.tls, dialTimeout)
	a.pulses = agentTransport(o, a.tls, pulseDialTimeout)
	// So that pulses under way at the same time have one connection each, and one that
	// gets no answer takes its connection with it.
	a.pulses.Protocols = new(http.Protocols)
	a.pulses.Protocols.SetHTTP1(true)
}

// closeIdle leaves alone what is still in use.
func (a *access) closeIdle(inUse *access) {
	a.polls.CloseIdleConnections()
	if a.pulses != inUse.pulses {
		a.pulses.CloseIdleConnections()
	}
}

// A retirement is of an access whose connections get no further requests. Those that are under
// way go on for as long as a poll may take.
type retirement struct {
	*access
	ends time.Time
}

const retirementTime = 2 * time.Minute

// change puts a changed access in the place of the one in use.
func (c *credentials) change(by func(next *access)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	old := c.now.Load()
	next := *old
	by(&next)
	c.now.Store(&next)
	if old.polls != nil && next.polls != old.polls {
		old.closeIdle(&next)
		c.retired = append(c.retired, retirement{old, time.Now().Add(retirementTime)})
	}
	if next.outdated != old.outdated {
		close(old.outdated)
	}
}

// closeRetired closes what connections have come to rest: HTTP/2 would keep them for a while.
func (c *credentials) closeRetired() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.retired {
		r.closeIdle(c.now.Load())
	}
	c.retired = slices.DeleteFunc(c.retired, func(r retirement) bool { return time.Now().After(r.ends) })
}

// reconnect has all further requests but pulses use new connections: the old ones may be dead
// without anybody knowing, and over HTTP/2 one of them may be all there is.
func (c *credentials) reconnect() {
	c.change(func(next *access) { next.polls = agentTransport(c.options, next.tls, dialTimeout) })
}

// RoundTrip sends a request with the newest TLS files. The token is the caller's affair.
func (c *credentials) RoundTrip(r *http.Request) (*http.Response, error) {
	return c.now.Load().polls.RoundTrip(r)
}

// closeIdle closes all connections that rest.
func (c *credentials) closeIdle() {
	c.closeRetired()
	c.now.Load().polls.CloseIdleConnections()
	c.dropPulses()
}

// pulse returns a way to send requests that shares no connection with any other.
func (c *credentials) pulse() http.RoundTripper { return pulseTransport{c} }

type pulseTransport struct{ credentials *credentials }

func (t pulseTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	return t.credentials.now.Load().pulses.RoundTrip(r)
}

// dropPulses has further pulses use new connections.
func (c *credentials) dropPulses() { c.now.Load().pulses.CloseIdleConnections() }
