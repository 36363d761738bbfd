// Package discovery follows services in a catalog (Consul, or a folder of
// service-definition files) and publishes what it learns as immutable sets of
// instances. It knows nothing of probes or connections.
package discovery

import (
	"context"
	"time"
)

// A Query names the instances that one service of the configuration wants.
type Query struct {
	Service    string
	Tags       []string // an instance must bear all of them
	Filter     string   // a Consul filter expression
	Datacenter string   // to fail over to; empty: the one that the catalog is for

	OnEmpty   OnEmpty
	EmptyHold time.Duration // with Hold: how long the catalog must insist
}

// OnEmpty says what follows when most instances vanish from the catalog at once,
// and the catalog says so when asked again (consul.md, rule 12).
type OnEmpty uint8

const (
	Hold  OnEmpty = iota // keep them for EmptyHold, ask again, and only then let them go
	Apply                // let them go
)

// A Catalog knows the instances of services. Both methods block until their
// context ends and then return nil; an error means that the catalog can't be
// used at all, never that it is silent for the moment.
type Catalog interface {
	// Run does the work that all watches share. It is called once.
	Run(ctx context.Context) error
	// Watch follows one query and publishes each real change to the feed.
	// Trouble keeps the last published set: an absent answer is never "no
	// instances". Many watches may run at once, before Run too.
	Watch(ctx context.Context, q Query, feed *Feed) error
}
