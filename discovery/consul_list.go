package discovery

import (
	"errors"
	"fmt"
	"io"
	"slices"
)

// window is how much of an answer is held, unless one instance takes more of it.
const window = 32 << 10

// Beyond these an answer is none, so that what answers in Consul's place can't fill the memory.
const (
	maxInstance  = 1 << 20 // bytes; one has a few thousand
	maxInstances = 1 << 16
)

var (
	errLong = badAnswer(fmt.Sprintf("decode answer: an instance of more than %d MiB", maxInstance>>20))
	errMany = badAnswer(fmt.Sprintf("decode answer: more than %d instances", maxInstances))
)

// lists are where a watch's answers are decoded, in turn.
type lists struct {
	last  []entry // the last answer's
	spare []entry // its predecessor's
	wan   bool    // the next answer's entries are to have their addresses for other datacenters
}

// decode returns a list that is good until the next but one is decoded; nil stands for null.
func (l *lists) decode(body io.Reader) ([]entry, error) {
	list, err := decodeList(body, l.wan, l.last, l.spare)
	if list != nil {
		l.last, l.spare = list, l.last
	}
	return list, err
}

// decodeList reads Consul's list of instances as it arrives, into room if that is enough.
// It shares the memory of what is the same in the known list, which is nearly all. With wan,
// addresses are those for other datacenters.
func decodeList(body io.Reader, wan bool, known, room []entry) ([]entry, error) {
	r := &listReader{body: body}
	r.text = make([]byte, 0, window)
	var null, more bool
	r.step(func() {
		if null = r.null(); !null {
			more = r.open('[', ']')
		}
	})
	if null {
		return nil, nil
	}
	list := room[:0]
	if cap(list) < len(known) || list == nil {
		list = make([]entry, 0, len(known)+len(known)/16)
	}
	var e, like *entry
	element := func() {
		*e = entry{}
		e.read(&r.jsonText, wan, like)
		more = r.more(']')
	}
	for next := 0; more && r.err == nil; next = following(known, next, e) {
		if len(list) == maxInstances {
			return nil, errMany
		}
		list = append(list, entry{})
		e, like = &list[len(list)-1], &list[max(0, len(list)-2)]
		if next < len(known) {
			like = &known[next]
		}
		r.step(element)
	}
	if r.err != nil {
		return nil, r.err
	}
	return list, nil
}

// following returns where in the last answer the entry after e is, if e was next there
// or a few more on. An e that is new is before next.
func following(known []entry, next int, e *entry) int {
	const few = 8
	for i := next; i < min(next+few, len(known)); i++ {
		if known[i].Identity == e.Identity {
			return i + 1
		}
	}
	return next
}

// A listReader takes a text apart of which it holds a part only.
type listReader struct {
	jsonText
	body  io.Reader
	ended bool // body has
}

// step calls f, which takes the next of the text, again from the same place when the
// text that is there was too little.
func (r *listReader) step(f func()) {
	for r.err == nil {
		from, depth := r.at, r.depth
		if f(); r.err != errCut { // never wrapped
			return
		}
		r.at, r.depth, r.err = from, depth, nil
		if r.ended {
			r.err = io.ErrUnexpectedEOF
			return
		}
		r.fill()
	}
}

// fill reads on after what is not taken yet, into more room where that is most of it.
func (r *listReader) fill() {
	r.text = r.text[:copy(r.text, r.text[r.at:])]
	r.at = 0
	if len(r.text) > cap(r.text)/2 {
		if len(r.text) > maxInstance {
			r.err = errLong
			return
		}
		r.text = slices.Grow(r.text, cap(r.text))
	}
	for len(r.text) < cap(r.text) && !r.ended {
		n, err := r.body.Read(r.text[len(r.text):cap(r.text)])
		r.text = r.text[:len(r.text)+n]
		if r.ended = errors.Is(err, io.EOF); err != nil && !r.ended {
			r.err = err
			return
		}
	}
}
