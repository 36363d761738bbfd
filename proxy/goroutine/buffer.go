package goroutine

import "sync"

// bufferSize is one read's worth.
const bufferSize = 32 << 10

type buffer [bufferSize]byte

// A bufferPool lends buffers to flows while bytes move: a flow at rest holds none.
type bufferPool struct{ pool sync.Pool }

func (p *bufferPool) get() *buffer {
	if b, ok := p.pool.Get().(*buffer); ok {
		return b
	}
	return new(buffer)
}

func (p *bufferPool) put(b *buffer) { p.pool.Put(b) }
