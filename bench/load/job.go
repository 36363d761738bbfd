// Package load is the client side of the benchmark. It runs in a process of its
// own, so that none of its work is charged to the balancer: it is told a Job,
// keeps a few event loops busy, and measures.
package load

import "time"

// A Kind is what one crew of clients does.
type Kind string

// The kinds of crews.
const (
	Call   Kind = "call"   // connect, send a message, read its echo, close, and again
	Banner Kind = "banner" // connect, wait for the backend's first words, close, and again
	Talk   Kind = "talk"   // send a message and read its echo, on kept connections
	Down   Kind = "down"   // read as fast as it comes
	Up     Kind = "up"     // write as fast as it goes
)

// A Crew is a number of connections at once that do the same, driven by one thread.
type Crew struct {
	Kind        Kind
	Connections int
	Size        int // bytes of a message
}

// A Job is one measurement. Exactly one of Crews, Rest and Count is given.
type Job struct {
	Addrs    []string      // taken in turn
	Crews    []Crew        // work as hard as they can
	Rest     int           // make so many connections, send one message on each, and let them be
	Count    int           // count TCP segments over so many connections
	Warm     time.Duration // load before the window
	Window   time.Duration // what is measured
	Balancer int           // the process whose family is charged; 0: none
	Origin   int           // the origins' process
	Counters string        // the origins', see origin.Counters
}

// Latency is how long operations took.
type Latency struct {
	P50, P99, P999, Max time.Duration
}

// A Tally is what one crew got done within the window.
type Tally struct {
	Ops     uint64
	Bytes   uint64 // payload that arrived, one way
	Errors  uint64 // operations that failed, and those that hang at the end
	Error   string `json:",omitempty"` // the first one
	Latency Latency
}

// A Result is what a Job came to.
type Result struct {
	Began    time.Time // when the window did
	Elapsed  time.Duration
	CPU      time.Duration // the balancer's, by schedstat
	CPUStat  time.Duration // the same by stat: coarse, but threads that ended count
	Crews    []Tally       `json:",omitempty"` // in the Job's order
	Rest     *Rest         `json:",omitempty"`
	Segments *Segments     `json:",omitempty"`
}

// A Rest is what the balancer holds for connections at rest.
type Rest struct {
	Held        int     // connections that still answered at the end
	Bytes       float64 // of memory, for each: growth of VmRSS
	Descriptors float64 // for each
	Error       string  `json:",omitempty"` // why the first of those not held isn't
}

// Segments are how many TCP segments a connection with one exchange takes, all
// hosts counted together.
type Segments struct {
	Natural    float64 // one connection after the other
	BytesFirst float64 // the client's bytes are there before it is accepted
}

// Progress is told now and then while a Job runs.
type Progress struct {
	Phase string
	Rate  float64 // operations, or bytes where there are none, per second
}
