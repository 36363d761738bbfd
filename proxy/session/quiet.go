package session

import (
	"sync/atomic"

	"golang.org/x/time/rate"
)

// quiet keeps a line that every connection may cause from flooding the log.
type quiet struct {
	limit  *rate.Limiter
	missed atomic.Uint64
}

func newQuiet(every rate.Limit) *quiet { return &quiet{limit: rate.NewLimiter(every, 1)} }

// speak reports whether to log now, and how many were left out since the last time.
func (q *quiet) speak() (missed uint64, ok bool) {
	if !q.limit.Allow() {
		q.missed.Add(1)
		return 0, false
	}
	return q.missed.Swap(0), true
}
