// Package origin is the backends of the benchmark, four in one process. What a
// connection's first byte is tells an origin what to do with it.
package origin

// The first bytes.
const (
	Echo   = 'E' // send back what comes
	Source = 'D' // send without end
	Sink   = 'U' // take without end
)

// BannerSize is how much an origin says first, when it is told to.
const BannerSize = 64
