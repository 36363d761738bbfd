package scripted

// Faults of the headers, of the index above all. The body is true.
var (
	// IndexBackwards answers at an index far below.
	IndexBackwards = Fault{Name: "index backwards", spoil: func(r *reply, _ *begun) { r.setIndex(max(1, r.index/2)) }}

	IndexZero = Fault{Name: "index 0", spoil: func(r *reply, _ *begun) { r.setIndex(0) }}

	NoIndex = Fault{Name: "no index", spoil: func(r *reply, _ *begun) { r.header.Del(indexHeader) }}

	// NoHeaders leaves out the type as well.
	NoHeaders = Fault{Name: "no headers", spoil: func(r *reply, _ *begun) {
		clear(r.header)
		r.header["Content-Type"] = nil // else net/http guesses one
	}}

	WrongType = Fault{Name: "wrong content type", spoil: func(r *reply, _ *begun) { r.header.Set("Content-Type", "text/html") }}

	// TightLoop answers polls at once though nothing has changed.
	TightLoop = Fault{Name: "polls don't wait", spoil: func(*reply, *begun) {}}
)
