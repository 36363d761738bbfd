package proxy

// An EndReason names why a connection ended, in logs and figures.
type EndReason string

const (
	endComplete      EndReason = "complete"       // both sides ended their half
	endClientReset   EndReason = "client_reset"   // the client reset it, or was lost
	endBackendReset  EndReason = "backend_reset"  // the backend reset it, or was lost
	endNoBackend     EndReason = "no_backend"     // none was eligible
	endConnectFailed EndReason = "connect_failed" // none could be reached
	endShutdown      EndReason = "shutdown"       // still live when the grace was over
)
