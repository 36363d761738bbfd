package scripted

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// A Storm is faults drawn at random that come and go, over each other too.
type Storm struct {
	Random   *rand.Rand // the same draws the same
	Faults   []Fault
	Services []string // that a fault may be alone for
	Note     func(f Fault, on Target, lasts time.Duration)
}

const (
	stormFault = 3 * time.Second // the mean length of a fault
	stormPause = 2 * time.Second // the mean time between the beginnings of two
	stormMost  = 12 * time.Second
)

// Run breaks c until ctx ends. Then it is whole again.
func (s *Storm) Run(ctx context.Context, c *Consul) {
	var faults sync.WaitGroup
	defer faults.Wait()
	for ctx.Err() == nil {
		f, on, lasts, pause := s.draw()
		s.Note(f, on, lasts)
		mend := c.Break(f, on)
		faults.Go(func() {
			defer mend()
			sleep(ctx, lasts)
		})
		sleep(ctx, pause)
	}
}

// draw makes the same number of draws each time, so that a seed gives the same storm.
func (s *Storm) draw() (f Fault, on Target, lasts, pause time.Duration) {
	f = s.Faults[s.Random.IntN(len(s.Faults))]
	kinds := []Kind{All, All, Reads, Reads, Poll, Load, Proof, Load | Proof, Poll | Load, Pulse}
	on.Kinds = kinds[s.Random.IntN(len(kinds))]
	if n := s.Random.IntN(2 * len(s.Services)); n < len(s.Services) {
		on.Service = s.Services[n]
	}
	about := func(mean time.Duration) time.Duration {
		return min(stormMost, time.Duration(s.Random.ExpFloat64()*float64(mean)))
	}
	return f, on, about(stormFault), about(stormPause)
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// Faults are all that a storm may draw from, but for those that need another server, that cost
// hundreds of megabytes each time, and Lost, whose end can be told only by a poll's time.
func Faults() []Fault {
	return []Fault{
		IndexBackwards, IndexZero, NoIndex, NoHeaders, WrongType, TightLoop,
		EmptyAtOne, EmptyAtSame, EmptyAhead, Filtered, FilteredToNothing, Duplicates, UnknownStatus,
		WildPorts, WildWeights, NegativeWeights,
		Truncated, Null, Object, NullEntries, Trickle,
		TooMany, Unavailable, BadGateway, ServerError, LoginPage, Forbidden, NotFound, RedirectToItself, RedirectLoop,
		Reset, ResetInBody, EndInBody, HTTP10, Hang, HangAfterHeaders,
	}
}
