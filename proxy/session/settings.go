package session

import "time"

// Settings are what a listener grants its clients. A session keeps those that it began with.
type Settings struct {
	MaxConnections          int           // at a time; 0: as many as the process takes
	MaxConnectionsPerClient int           // at a time, by source address, IPv6 by /64; 0: any number
	WhenFull                WhenFull      // what becomes of clients beyond MaxConnections
	IdleTimeout             time.Duration // without a byte in either direction; 0: none
	MaxLifetime             time.Duration // since accept; up to a tenth less, at random; 0: none
	HalfCloseTimeout        time.Duration // without a byte once one side has ended; 0: none
	KeepAlive               time.Duration // TCP keep-alive's idle time, on both sides; 0: off
}

// The rest of TCP keep-alive: a peer that is gone without a word is noticed after
// Settings.KeepAlive and this many probes.
const (
	KeepAliveInterval = 15 * time.Second
	KeepAliveCount    = 4
)

// WhenFull says what becomes of clients for whom there is no room.
type WhenFull uint8

const (
	Wait  WhenFull = iota // they wait in the kernel's queue
	Close                 // they are reset at once
)
