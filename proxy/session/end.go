package session

import (
	"net/netip"
	"time"
)

// An EndReason names why a session ended, in logs and figures.
type EndReason string

const (
	Complete      EndReason = "complete"       // both sides ended their half
	ClientReset   EndReason = "client_reset"   // the client reset it, or was lost
	BackendReset  EndReason = "backend_reset"  // the backend reset it, or was lost
	NoBackend     EndReason = "no_backend"     // none was eligible
	ConnectFailed EndReason = "connect_failed" // none could be reached
	Shutdown      EndReason = "shutdown"       // still live when the grace was over
)

// An End is what there is to say of a session that is over.
type End struct {
	Client   netip.AddrPort
	Backend  string // its name; empty if the session was never joined
	Up, Down int64  // bytes written to the backend and to the client
	Began    time.Time
	Reason   EndReason
}
