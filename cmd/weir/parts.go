package main

import "context"

// A part is work of a running balancer that can be ended by itself. Nil has ended.
type part struct {
	cancel context.CancelFunc
	done   chan struct{} // closed when it has returned
}

// A starter begins parts, which end with the balancer at the latest. One that returns an error
// before it was to end takes the balancer with it.
type starter func(work func(context.Context) error) *part

// end ends parts and returns when all have.
func end(parts ...*part) {
	for _, p := range parts {
		if p != nil {
			p.cancel()
		}
	}
	for _, p := range parts {
		if p != nil {
			<-p.done
		}
	}
}
