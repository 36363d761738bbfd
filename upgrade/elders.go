package upgrade

import (
	"context"
	"os"
	"time"
)

// Elders are the older generations, which drain, as the newest sees them. The zero value has none, and
// so has nil. All methods but Drained are for one goroutine.
type Elders struct{ channels []*channel }

func (e *Elders) all() []*channel {
	if e == nil {
		return nil
	}
	return e.channels
}

// Serving tells them that this process is the newest. Those that are gone are forgotten.
func (e *Elders) Serving() {
	var left []*channel
	for _, c := range e.all() {
		if c.send(message{Kind: kindServing, PID: os.Getpid()}) != nil {
			c.close()
			continue
		}
		left = append(left, c)
	}
	if e != nil {
		e.channels = left
	}
}

// Stop tells them to end within that time.
func (e *Elders) Stop(grace time.Duration) {
	for _, c := range e.all() {
		c.send(message{Kind: kindStop, Grace: grace}) // to one that is gone there is nothing to say
	}
}

// Drained returns nil once none of them has a connection any more.
func (e *Elders) Drained(ctx context.Context) error {
	for _, c := range e.all() {
		for {
			if _, err := c.receive(ctx); err != nil {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				break
			}
		}
	}
	return nil
}

// Ended tells them how this process ends, which it does next.
func (e *Elders) Ended(code int) {
	for _, c := range e.all() {
		c.send(message{Kind: kindEnded, Code: code})
	}
}

// Close forgets them: the next generation has them, or this process ends.
func (e *Elders) Close() {
	for _, c := range e.all() {
		c.close()
	}
	if e != nil {
		e.channels = nil
	}
}

// Some reports whether there are any.
func (e *Elders) Some() bool { return len(e.all()) > 0 }
