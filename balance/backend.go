package balance

import (
	"cmp"
	"net/netip"
	"sync/atomic"
	"time"
)

// Backend is an instance as connections see it. There is one per name and address
// for as long as the pool remembers it, so its counters outlive every refresh of
// the catalog; the same name on another address is another backend.
type Backend struct {
	id identity

	Active      atomic.Int64  // connections joined to it now
	Connections atomic.Uint64 // connections ever joined to it
	Failures    atomic.Uint64 // connects to it that failed

	// Closed is set by whoever ends its connections, because a drain is over: what joins
	// it later, after a long connect, is to end as well. An Update that has it in service
	// again clears it.
	Closed atomic.Bool

	// The Pool's, under its lock:
	weight  int       // that it is eligible with in the snapshot, 0 when it isn't
	wanted  int       // the same after the Update under way
	listed  uint64    // number of the last Update that listed it
	stood   Standing  // after the last Update
	stands  Standing  // after the Update under way
	since   time.Time // when Leaving first said that it stood so; zero: it hasn't yet
	place   int       // in Pool.backends
	account account   // the policy's
}

// identity is what makes a backend the same one over refreshes.
type identity struct {
	name string
	addr netip.AddrPort
}

func (id identity) compare(o identity) int {
	return cmp.Or(cmp.Compare(id.name, o.name), id.addr.Compare(o.addr))
}

func (b *Backend) Name() string         { return b.id.name }
func (b *Backend) Addr() netip.AddrPort { return b.id.addr }

// String returns name and address, as logs show a backend.
func (b *Backend) String() string { return b.id.name + " (" + b.id.addr.String() + ")" }
