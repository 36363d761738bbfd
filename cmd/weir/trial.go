package main

// A process that takes over from another one is on trial until that lets it have the service: it may
// come to nothing, and nobody is to notice.

// hold keeps listeners from taking connections until release: without a backend, say, they would reset
// those that the other process could serve. It is called before run.
func (b *balancer) hold() {
	b.onTrial.Store(true)
	b.released = make(chan struct{})
}

// release lets the listeners take connections. It is called once after hold.
func (b *balancer) release() { close(b.released) }

// keep ends the trial: what was inherited is this process's own.
func (b *balancer) keep() { b.onTrial.Store(false) }

func closed() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}
