package discovery

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/bits"
	"reflect"
	"strconv"
	"unicode/utf8"
)

// bytes returns a string, or for null none, valid until the text changes.
func (j *jsonText) bytes() []byte {
	if j.peek() != '"' {
		if !j.null() {
			mistaken[string](j)
		}
		return nil
	}
	raw, plain := j.quoted()
	if !plain {
		return []byte(j.unquoted(raw))
	}
	return raw
}

// string returns a string, or for null an empty one. It is known, an earlier one, if that
// is the same.
func (j *jsonText) string(known string) string {
	raw := j.bytes()
	switch {
	case string(raw) == known:
		return known
	case !utf8.Valid(raw):
		return j.unquoted(raw)
	}
	return string(raw)
}

// int returns a whole number, or for null 0.
func (j *jsonText) int() int {
	c := j.peek()
	if c != '-' && (c < '0' || c > '9') {
		if !j.null() {
			mistaken[int](j)
		}
		return 0
	}
	start := j.at
	j.number()
	if j.err != nil {
		return 0
	}
	n, err := strconv.Atoi(string(j.text[start:j.at]))
	if err != nil {
		j.fail(&json.UnmarshalTypeError{Value: "number " + string(j.text[start:j.at]), Type: reflect.TypeFor[int]()})
	}
	return n
}

// quoted passes over a string. It returns what is between the quotes, and whether that
// is the string itself: it has no escapes.
func (j *jsonText) quoted() (raw []byte, plain bool) {
	text, start := j.text, j.at+1
	plain = true
	for i := start; ; i++ {
		for ; i+8 <= len(text); i += 8 {
			if special := specials(binary.LittleEndian.Uint64(text[i:])); special != 0 {
				i += bits.TrailingZeros64(special) / 8
				break
			}
		}
		if i >= len(text) {
			j.fail(errCut)
			return nil, false
		}
		switch c := text[i]; {
		case c == '"':
			j.at = i + 1
			return text[start:i], plain
		case c == '\\':
			plain = false
			n := j.escape(text[i:])
			if n == 0 {
				return nil, false
			}
			i += n - 1
		case c < ' ':
			j.at = i
			j.unexpected("a character of a string")
			return nil, false
		}
	}
}

// specials marks the bytes of a string that aren't simply part of it: quotes, backslashes
// and control characters. Only the lowest mark can be relied on.
func specials(b uint64) uint64 {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	quote, backslash := b^ones*'"', b^ones*'\\'
	return ((quote-ones)&^quote | (backslash-ones)&^backslash | (b-ones*' ')&^b) & tops
}

// escape returns the length of the escape that text begins with, or fails and returns 0.
func (j *jsonText) escape(text []byte) int {
	if len(text) < 2 {
		j.fail(errCut)
		return 0
	}
	switch text[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		for i := 2; i < 6; i++ {
			if i >= len(text) {
				j.fail(errCut)
				return 0
			}
			switch c := text[i] | 0x20; {
			case '0' <= text[i] && text[i] <= '9', 'a' <= c && c <= 'f':
			default:
				j.fail(jsonError(fmt.Sprintf("%q is no escape", text[:i+1])))
				return 0
			}
		}
		return 6
	}
	j.fail(jsonError(fmt.Sprintf("%q is no escape", text[:2])))
	return 0
}

// unquoted is for the few strings with escapes, or with bytes that are no text.
func (j *jsonText) unquoted(raw []byte) string {
	if j.err != nil {
		return ""
	}
	var s string
	if err := json.Unmarshal(append(append([]byte{'"'}, raw...), '"'), &s); err != nil {
		j.fail(err) // can't be: quoted has looked
	}
	return s
}

// number passes over a number.
func (j *jsonText) number() {
	if j.at < len(j.text) && j.text[j.at] == '-' {
		j.at++
	}
	if j.at < len(j.text) && j.text[j.at] == '0' {
		j.at++
	} else {
		j.digits()
	}
	if j.at < len(j.text) && j.text[j.at] == '.' {
		j.at++
		j.digits()
	}
	if j.at < len(j.text) && j.text[j.at]|0x20 == 'e' {
		if j.at++; j.at < len(j.text) && (j.text[j.at] == '+' || j.text[j.at] == '-') {
			j.at++
		}
		j.digits()
	}
}

// digits passes over one digit at least.
func (j *jsonText) digits() {
	start := j.at
	for j.at < len(j.text) && '0' <= j.text[j.at] && j.text[j.at] <= '9' {
		j.at++
	}
	if j.at == start {
		j.unexpected("a value")
	}
}
