package discovery

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	pulseEvery = 2 * time.Second
	// A pulse that takes this long makes the agent count as silent: it hangs, or is cut off.
	pulsePatience = 5 * time.Second
	// Late answers count as well. Until then new pulses are sent beside those under way, each on
	// a connection of its own: the first that comes through tells of the return.
	pulseTimeout = loadTimeout
	maxPulses    = int(pulseTimeout / pulseEvery)
	// Watches in doubt share a beat if they come within this time.
	doubtEvery = 50 * time.Millisecond
)

var errNoPulse = errors.New("no answer for " + pulsePatience.String())

// A pulse asks one datacenter every 2 s whether it is there, and keeps its gate accordingly: a
// poll would show only after a minute that nobody answers, and long after it that somebody does
// again (rule 18).
type pulse struct {
	gate *gate
	// beat sends one; an error means that the agent, or all servers behind it, are silent. After
	// one, no connection is used again.
	beat func(context.Context) error
	back func() // called before the gate opens again

	doubts chan struct{} // cap 1: a watch wants to know at once

	mu   sync.Mutex    // guards following
	told chan struct{} // closed, and replaced, when the following may have changed
	good time.Time     // when the last beat with an answer was sent
	bad  time.Time     // when the beat that shut the gate was sent; zero: it is open
}

func newPulse(g *gate, beat func(context.Context) error, back func()) *pulse {
	return &pulse{gate: g, beat: beat, back: back, doubts: make(chan struct{}, 1), told: make(chan struct{})}
}

// A pulseResult is the end of one beat.
type pulseResult struct {
	sent time.Time
	err  error
}

// run beats until ctx ends.
func (p *pulse) run(ctx context.Context) {
	var beats sync.WaitGroup
	defer beats.Wait()
	results := make(chan pulseResult, maxPulses+1)
	var underWay []time.Time // when they were sent, in order
	failed := 0              // in a row
	var sent time.Time       // the last
	send := func() {
		if len(underWay) > maxPulses {
			return
		}
		sent = time.Now()
		underWay = append(underWay, sent)
		sent := sent
		beats.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, pulseTimeout)
			defer cancel()
			results <- pulseResult{sent, p.beat(ctx)}
		})
	}
	send()
	next := time.NewTimer(jitter(pulseEvery, 0.1))
	defer next.Stop()
	late := time.NewTimer(pulsePatience)
	defer late.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-next.C:
			next.Reset(jitter(pulseEvery, 0.1))
			send()
		case <-p.doubts:
			next.Reset(doubtEvery - time.Since(sent)) // at once if that is past
		case <-late.C:
			rest := pulsePatience
			if len(underWay) > 0 {
				if rest -= time.Since(underWay[0]); rest <= 0 {
					p.silent(underWay[0], errNoPulse)
					rest = pulsePatience
				}
			}
			late.Reset(rest)
		case r := <-results:
			underWay = without(underWay, r.sent)
			switch {
			case ctx.Err() != nil:
				return
			case r.err == nil:
				failed = 0
				late.Reset(pulsePatience)
				p.answered(r.sent)
			case r.sent.Before(p.lastGood()): // overtaken
			default:
				if failed++; failed == 1 {
					send()
				} else {
					p.silent(r.sent, r.err)
				}
			}
		}
	}
}

func without(times []time.Time, t time.Time) []time.Time {
	for i := range times {
		if times[i].Equal(t) {
			return append(times[:i], times[i+1:]...)
		}
	}
	return times
}

func (p *pulse) lastGood() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.good
}

func (p *pulse) answered(sent time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.bad.IsZero() {
		p.back()
		p.gate.open()
	}
	p.bad = time.Time{}
	if sent.After(p.good) {
		p.good = sent
	}
	p.tellLocked()
}

func (p *pulse) silent(sent time.Time, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gate.shut(err)
	p.bad = sent
	p.tellLocked()
}

func (p *pulse) tellLocked() {
	close(p.told)
	p.told = make(chan struct{})
}

// silentSince reports, for a watch whose request has failed, whether its datacenter is silent. It
// waits for a beat sent after that time to tell; it fails only when ctx ends.
func (p *pulse) silentSince(ctx context.Context, since time.Time) (bool, error) {
	select {
	case p.doubts <- struct{}{}:
	default:
	}
	for {
		p.mu.Lock()
		told, good, bad := p.told, p.good, p.bad
		p.mu.Unlock()
		switch {
		case !bad.IsZero():
			return true, nil
		case good.After(since):
			return false, nil
		}
		select {
		case <-told:
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}
