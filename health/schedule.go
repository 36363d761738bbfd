package health

import (
	"hash/fnv"
	"io"
	"time"
)

// schedule lays one target's heartbeats on a grid: first, and every interval after it. The grid depends on the target and
// on the checker's start alone, so the heartbeats of many targets are spread over the interval however they came to be
// followed, and one that returns has its old place.
type schedule struct {
	first    time.Time // at most one interval after the checker's start
	interval time.Duration
}

func newSchedule(base time.Time, interval time.Duration, t Target) schedule {
	return schedule{first: base.Add(phase(t, interval)), interval: interval}
}

// next returns the due time that follows the one given: a point of the grid in any case, whether or not the last one was.
// It may lie in the past, since a late heartbeat is made up for; but of several missed ones only the last.
func (s schedule) next(due, now time.Time) time.Time {
	point := s.first
	if past := due.Sub(s.first); past >= 0 {
		point = point.Add((past/s.interval + 1) * s.interval)
	}
	if missed := now.Sub(point); missed >= s.interval {
		point = point.Add(missed / s.interval * s.interval)
	}
	return point
}

// phase returns the target's place within the interval. It is the same in every process.
func phase(t Target, interval time.Duration) time.Duration {
	h := fnv.New64a()
	io.WriteString(h, t.Name)
	io.WriteString(h, "\x00") // in no name
	io.WriteString(h, t.Addr.String())
	return time.Duration(h.Sum64() % uint64(interval))
}
