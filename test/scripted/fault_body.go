package scripted

import (
	"net/http"
	"time"
)

// Faults of the body.
var (
	Truncated = Fault{Name: "truncated JSON", spoil: func(r *reply, _ *begun) { r.body = r.text()[:len(r.text())/2] }}

	Null = instead("null", "null")

	Object = instead("an object", `{"error": "upstream is starting"}`)

	NullEntries = instead("a list of nulls", "[null, null, {}]")

	// Trickle sends one byte per second. The rest follows at once when it ends.
	Trickle = Fault{Name: "one byte per second", spoil: func(r *reply, b *begun) {
		r.deliver = func(w http.ResponseWriter, req *http.Request) {
			tick := time.NewTicker(time.Second)
			defer tick.Stop()
			text := r.text()
			r.sendHead(w)
			for i := range text {
				w.Write(text[i : i+1])
				http.NewResponseController(w).Flush()
				select {
				case <-tick.C:
				case <-b.mended:
					w.Write(text[i+1:])
					return
				case <-req.Context().Done():
					panic(http.ErrAbortHandler)
				case <-r.consul.closed:
					panic(http.ErrAbortHandler)
				}
			}
		}
	}}
)

func instead(name, text string) Fault {
	return Fault{Name: name, spoil: func(r *reply, _ *begun) { r.body = []byte(text) }}
}
