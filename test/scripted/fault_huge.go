package scripted

import (
	"bytes"
	"net/http"
)

// HugeSize is the least length of a huge body, in bytes.
const HugeSize = 100 << 20

// Faults of a body of HugeSize.
var (
	// HugeList is the true list over and over.
	HugeList = huge("100 MB of a list", func(r *reply) (string, string, string) {
		list := bytes.Trim(r.text(), "[]")
		return "[" + string(list), "," + string(list), "]"
	})

	// HugeEntries is a list with room for a multiple of itself in memory.
	HugeEntries = huge("100 MB of empty entries", func(*reply) (string, string, string) { return "[{}", ",{}", "]" })

	HugeString = huge("100 MB of one string", func(*reply) (string, string, string) {
		return `[{"Checks":[{"Output":"`, "all work and no play ", `"}]}]`
	})

	HugeSpace = huge("100 MB of white space", func(*reply) (string, string, string) { return "", " \n", "[]" })

	// HugeError is an error page of that size.
	HugeError = Fault{Name: "500 with 100 MB", spoil: func(r *reply, b *begun) {
		r.code = http.StatusInternalServerError
		hugeText.spoil(r, b)
	}}

	HugeGarbage = huge("100 MB of garbage", func(*reply) (string, string, string) { return "", "\x00garbage", "" })
)

var hugeText = huge("", func(*reply) (string, string, string) { return "", "<p>Please try again later.</p>", "" })

// huge sends a middle as often as it takes, and breaks off when it ends.
func huge(name string, parts func(*reply) (head, middle, tail string)) Fault {
	return Fault{Name: name, spoil: func(r *reply, b *begun) {
		r.deliver = func(w http.ResponseWriter, _ *http.Request) {
			head, middle, tail := parts(r)
			r.sendHead(w)
			w.Write([]byte(head))
			chunk := bytes.Repeat([]byte(middle), 1+(1<<16)/len(middle))
			for sent := 0; sent < HugeSize; sent += len(chunk) {
				select {
				case <-b.mended:
					panic(http.ErrAbortHandler)
				default:
				}
				if _, err := w.Write(chunk); err != nil { // whoever asked has heard enough
					return
				}
			}
			w.Write([]byte(tail))
		}
	}}
}
