package session

import (
	"context"
	"errors"
	"net/netip"
	"time"
)

// An EndReason names why a session ended, in logs and figures.
type EndReason string

const (
	Complete       EndReason = "complete"           // both sides ended their half
	ClientReset    EndReason = "client_reset"       // the client reset it, or was lost
	BackendReset   EndReason = "backend_reset"      // the backend reset it, or was lost
	NoBackend      EndReason = "no_backend"         // none was eligible
	InstancesFull  EndReason = "instances_full"     // those eligible have all the connections that they may have
	ConnectFailed  EndReason = "connect_failed"     // none could be reached
	ConnectTimeout EndReason = "connect_timeout"    // none could be reached, and the last try took too long
	IdleTimeout    EndReason = "idle_timeout"       // no byte for the listener's idle_timeout
	MaxLifetime    EndReason = "max_lifetime"       // it lived for the listener's max_lifetime
	HalfClosed     EndReason = "half_close_timeout" // no byte for half_close_timeout after one side had ended
	Drained        EndReason = "drained"            // its instance was withdrawn, and drain is over
	Unhealthy      EndReason = "unhealthy"          // its instance is, and on_unhealthy is "close"
	Shutdown       EndReason = "shutdown"           // still live when shutdown_grace was over
	Upgraded       EndReason = "upgraded"           // still live when upgrade_grace was over
)

// Error has a reason be the cause of a context's end.
func (r EndReason) Error() string { return string(r) }

// Cause returns why ctx ended, if its cause is a reason, else r.
func (r EndReason) Cause(ctx context.Context) EndReason {
	if cause, ok := errors.AsType[EndReason](context.Cause(ctx)); ok {
		return cause
	}
	return r
}

// An End is what there is to say of a session that is over.
type End struct {
	Service  string         // its name
	Client   netip.AddrPort // zero for a client of a unix socket
	Backend  string         // its name; empty if the session was never joined
	Up, Down int64          // bytes written to the backend and to the client, without a PROXY header
	Began    time.Time
	Reason   EndReason
}
