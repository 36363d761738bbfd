package proxy

import (
	"math"
	"runtime"
	"sync"
	"syscall"
)

// reserve is how many descriptors clients are not to have.
func reserve() uint64 {
	const (
		heartbeats = 256 // in flight, at most
		catalog    = 250 // connections to Consul, which its client keeps
		rest       = 128 // listeners, log, loops, files read now and then
		pipes      = 128 // for each loop, two a pipe
	)
	return heartbeats + catalog + rest + pipes*loops()
}

// loops is how many there are, or may be: later GOMAXPROCS may be another, and they aren't.
var loops = sync.OnceValue(func() uint64 { return uint64(max(2, runtime.GOMAXPROCS(0))) })

// MaxConnections returns how many connections weir can serve at a time so that clients
// alone never use up its descriptors, which it returns too. A connection takes two.
func MaxConnections() (n int, descriptors uint64) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		limit.Cur = 1024 // what there is nearly everywhere
	}
	return maxConnections(uint64(limit.Cur)), uint64(limit.Cur)
}

// maxConnections leaves the reserve, or half of what there is where that is little: the
// reserve is for the worst case.
func maxConnections(descriptors uint64) int {
	free := descriptors - min(reserve(), descriptors/2)
	return int(min(max(free/2, 1), math.MaxInt32))
}
