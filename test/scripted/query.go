package scripted

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// Kind tells apart what is asked; values can be joined by |.
type Kind uint8

const (
	Poll  Kind = 1 << iota // a blocking query
	Load                   // a read at index 0
	Proof                  // a read at index 0 that wants consistency
	Pulse                  // who is the leader?

	Reads = Poll | Load | Proof
	All   = Reads | Pulse
)

func (k Kind) String() string {
	text := ""
	for i, name := range []string{"poll", "load", "proof", "pulse"} {
		if k&(1<<i) != 0 {
			text += "+" + name
		}
	}
	return text[min(1, len(text)):]
}

// A Request is one that came.
type Request struct {
	At      time.Time
	Kind    Kind
	Service string // empty for a pulse
}

type query struct {
	kind    Kind
	service string
	index   uint64 // of a poll
	wait    time.Duration
}

// Bounds of a poll's wait are Consul's own.
const (
	usualWait = 5 * time.Minute
	mostWait  = 10 * time.Minute
)

func parse(r *http.Request, service string) query {
	values := r.URL.Query()
	index, _ := strconv.ParseUint(values.Get("index"), 10, 64)
	q := query{kind: Load, service: service, index: index, wait: usualWait}
	switch {
	case index > 0:
		q.kind = Poll
	case values.Has("consistent"):
		q.kind = Proof
	}
	if wait, err := time.ParseDuration(values.Get("wait")); err == nil && wait > 0 {
		q.wait = min(wait, mostWait)
	}
	return q
}

// timer ends a poll's wait, with Consul's jitter.
func (q query) timer() *time.Timer { return time.NewTimer(q.wait + rand.N(q.wait/16+1)) }

func (c *Consul) note(q query) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests = append(c.requests, Request{time.Now(), q.kind, q.service})
}

// Requests are those so far, in their order.
func (c *Consul) Requests() []Request {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.requests[:len(c.requests):len(c.requests)]
}
