// Package health sends heartbeats to the backends of a service and says which of them answer.
//
// A [Checker] follows a set of targets and keeps one verdict for each; a [Probe] is one question put to one address; a
// [Streak] turns its answers into verdicts. The package knows nothing of Consul: targets are handed in, verdicts are read
// out, and a channel without data says when it is worth looking.
package health

import (
	"context"
	"net/netip"
)

// State is the verdict on a target. The zero value is the state before the first heartbeat has been answered or missed.
type State uint8

const (
	Unproven State = iota // no heartbeat has told anything yet
	Up
	Down
)

func (s State) String() string {
	switch s {
	case Unproven:
		return "unproven"
	case Up:
		return "up"
	case Down:
		return "down"
	}
	return "invalid"
}

// Target is what a verdict is about. It is its own key: the same name at another address is another target, which has to
// prove itself anew.
type Target struct {
	Name string         // node/service-id, for people
	Addr netip.AddrPort // where the traffic goes
}

// Probe is one kind of heartbeat. Implementations are used by many goroutines at once.
type Probe interface {
	// Probe returns nil if the backend at addr is good. It returns soon after ctx ends, and leaves no connection and no
	// goroutine behind. The text of its error is shown to the operator as it is, so it is short and printable; the
	// error wraps its cause, because trouble of our own and time-outs are told by it.
	Probe(ctx context.Context, addr netip.AddrPort) error
}
