// Package session holds what both relays know of a session, one client joined to
// one backend: whether there is room for it, whom to try, what is counted and logged,
// and why it ends. It has no sockets.
package session

import (
	"time"

	"weir/balance"
)

// A Service is what a listener needs to know of the service behind it. It isn't changed
// once a Front has it: a reload makes another, with the same pool.
type Service struct {
	Name           string
	Pool           *balance.Pool
	ConnectTimeout time.Duration // of one try
	Retries        int           // other backends tried after a failed connect
	MaxPerInstance int           // connections that one backend has at a time; 0: any number
	ProxyProtocol  ProxyProtocol // the header that its backends want

	// ConnectFailed, if set, is told of each backend that refused a connection
	// or didn't answer in time. It must not block.
	ConnectFailed func(*balance.Backend)
}
