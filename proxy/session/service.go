// Package session holds what both relays know of a session, one client joined to
// one backend: whom to try, what is counted and logged, and why it ends. It has no
// sockets.
package session

import (
	"time"

	"weir/balance"
)

// A Service is what a listener needs to know of the service behind it.
type Service struct {
	Name           string
	Pool           *balance.Pool
	ConnectTimeout time.Duration // of one try
	Retries        int           // other backends tried after a failed connect

	// ConnectFailed, if set, is told of each backend that refused a connection
	// or didn't answer in time. It must not block.
	ConnectFailed func(*balance.Backend)
}
