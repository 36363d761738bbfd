package discovery

import (
	"context"
	"io"
	"time"

	"github.com/hashicorp/go-hclog"
)

// A Replay does with recorded answers what Consul's Watch does with an agent's, one
// step at a time, so that each can be measured: benchmarks need it, weir doesn't.
type Replay struct{ watch *watch }

// NewReplay publishes to feed.
func NewReplay(q Query, feed *Feed, log hclog.Logger) *Replay {
	return &Replay{newWatch(offline(log), q, feed)}
}

// offline is a Consul that nobody asks anything.
func offline(log hclog.Logger) *Consul {
	return &Consul{turns: newTurns(0, log), log: log, sites: map[string]*site{}}
}

// An Answer is a decoded one, good until the next but one is decoded.
type Answer struct{ entries []entry }

// Decode takes over what is the same in the answer before, as a watch does.
func (r *Replay) Decode(body io.Reader) (Answer, error) {
	entries, err := r.watch.lists.decode(body)
	return Answer{entries}, err
}

// Apply publishes the answer if it is another than the last.
func (r *Replay) Apply(ctx context.Context, a Answer) error {
	return r.watch.apply(ctx, answer{entries: a.entries, index: r.watch.index + 1, decoded: time.Now()})
}
