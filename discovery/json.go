package discovery

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

// jsonText takes JSON in memory apart, in one pass over it. It accepts what encoding/json
// accepts. What isn't asked for is checked and passed over: that is nearly all of what
// Consul sends.
//
// The first error stays, and ends all loops.
type jsonText struct {
	text  []byte
	at    int
	depth int // of objects and arrays
	err   error
}

// errCut means that the text ends within a value. The rest may yet come.
var errCut = errors.New("text ends too soon")

// A jsonError says what is wrong with a text.
type jsonError string

func (e jsonError) Error() string { return string(e) }

// maxDepth is encoding/json's own: what nests deeper is an attack on the stack.
const maxDepth = 10_000

func (j *jsonText) fail(err error) {
	if j.err == nil {
		j.err = err
	}
	j.at = len(j.text)
}

// unexpected fails at the next byte.
func (j *jsonText) unexpected(instead string) {
	if j.at >= len(j.text) {
		j.fail(errCut)
		return
	}
	j.fail(jsonError(fmt.Sprintf("invalid character %q instead of %s", j.text[j.at], instead)))
}

// mistaken fails at the next value, which is no T.
func mistaken[T any](j *jsonText) {
	kind := "number"
	switch c := j.peek(); {
	case c == '{':
		kind = "object"
	case c == '[':
		kind = "array"
	case c == '"':
		kind = "string"
	case c == 't', c == 'f':
		kind = "bool"
	case c != '-' && (c < '0' || c > '9'):
		j.unexpected("a value")
		return
	}
	j.fail(&json.UnmarshalTypeError{Value: kind, Type: reflect.TypeFor[T]()})
}

// peek returns the first byte of what comes next, white space left out; 0 if nothing does.
func (j *jsonText) peek() byte {
	if j.at < len(j.text) && j.text[j.at] > ' ' {
		return j.text[j.at]
	}
	return j.peekOn()
}

func (j *jsonText) peekOn() byte {
	for ; j.at < len(j.text); j.at++ {
		switch c := j.text[j.at]; c {
		case ' ', '\n', '\t', '\r':
		default:
			return c
		}
	}
	j.fail(errCut)
	return 0
}

// null passes over a null, and reports whether there was one.
func (j *jsonText) null() bool { return j.peek() == 'n' && j.literal("null") }

func (j *jsonText) literal(word string) bool {
	for i := range len(word) {
		if j.at >= len(j.text) || j.text[j.at] != word[i] {
			j.unexpected(word)
			return false
		}
		j.at++
	}
	return true
}

// open enters an object or array, and reports whether there is anything in it. In null
// there is nothing.
//
//	for more := j.open('{', '}'); more; more = j.more('}') { ... }
func (j *jsonText) open(start, end byte) bool {
	if j.peek() != start {
		switch {
		case j.null():
		case start == '[':
			mistaken[[]any](j)
		default:
			mistaken[map[string]any](j)
		}
		return false
	}
	j.at++
	if j.depth++; j.depth > maxDepth {
		j.fail(jsonError("nested too deep"))
	}
	if j.peek() != end {
		return j.err == nil
	}
	j.at++
	j.depth--
	return false
}

// more passes over the comma between two members, or over the end.
func (j *jsonText) more(end byte) bool {
	switch j.peek() {
	case ',':
		j.at++
		return true
	case end:
		j.at++
		j.depth--
		return false
	}
	j.unexpected("a comma or the end")
	return false
}

// name returns the name of a member of an object, valid until the text changes.
func (j *jsonText) name() []byte {
	if j.peek() != '"' {
		j.unexpected("a name")
		return nil
	}
	raw, plain := j.quoted()
	if j.peek() != ':' {
		j.unexpected("a colon")
		return nil
	}
	j.at++
	if !plain {
		return []byte(j.unquoted(raw))
	}
	return raw
}

// skip passes over any value.
func (j *jsonText) skip() {
	switch c := j.peek(); c {
	case '"':
		j.quoted()
	case '{':
		for more := j.open('{', '}'); more; more = j.more('}') {
			j.name()
			j.skip()
		}
	case '[':
		for more := j.open('[', ']'); more; more = j.more(']') {
			j.skip()
		}
	case 't':
		j.literal("true")
	case 'f':
		j.literal("false")
	case 'n':
		j.literal("null")
	default:
		j.number()
	}
}
