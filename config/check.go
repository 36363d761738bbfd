package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
)

// checker turns raw values into typed ones and gathers what is wrong with them.
// Its methods return the default in place of a bad value, so that one mistake
// raises no second one.
type checker struct {
	diags   hcl.Diagnostics
	decoded hcl.Diagnostics // what decoding found: says which values never arrived
	sources []string        // the files of the configuration
	getenv  func(string) string
}

// reject reports an error at a place in the source.
func (c *checker) reject(at hcl.Range, summary, detail string, args ...any) {
	c.diags = append(c.diags, &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(detail, args...), Subject: &at,
	})
}

// warn reports what works, but hardly as its author means it to.
func (c *checker) warn(at hcl.Range, summary, detail string, args ...any) {
	c.diags = append(c.diags, &hcl.Diagnostic{
		Severity: hcl.DiagWarning, Summary: summary, Detail: fmt.Sprintf(detail, args...), Subject: &at,
	})
}

// failed reports whether the value at this place was already found bad.
func (c *checker) failed(at hcl.Range) bool {
	for _, diags := range []hcl.Diagnostics{c.decoded, c.diags} {
		for _, d := range diags {
			if d.Severity == hcl.DiagError && d.Subject != nil && within(*d.Subject, at) {
				return true
			}
		}
	}
	return false
}

// given is the value of a key, nil if it is left out or already found bad: a
// failed conversion leaves a zero behind.
func given[T any](c *checker, raw *T, at hcl.Range) *T {
	if c.failed(at) {
		return nil
	}
	return raw
}

// within reports whether a lies in b.
func within(a, b hcl.Range) bool {
	return a.Filename == b.Filename && b.Start.Byte <= a.Start.Byte && a.End.Byte <= b.End.Byte
}

// place is file:line, to name a second place in a message.
func place(at hcl.Range) string {
	return fmt.Sprintf("%s:%d", at.Filename, at.Start.Line)
}

// sole returns the first of the blocks of a kind that may stand once, nil if
// there is none, and reports the others.
func sole[R any](c *checker, kind string, blocks []R, at func(*R) hcl.Range) *R {
	if len(blocks) == 0 {
		return nil
	}
	for i := range blocks[1:] {
		c.reject(at(&blocks[i+1]), "Second "+kind+" block",
			"There can be only one %s block here, and the first is at %s. Put all keys into one block.", kind, place(at(&blocks[0])))
	}
	return &blocks[0]
}

// oneOf reads a key that takes one of a few words.
func oneOf[T ~string](c *checker, key string, raw *string, at hcl.Range, def T, words ...T) T {
	if raw = given(c, raw, at); raw == nil {
		return def
	}
	names := make([]string, len(words))
	for i, word := range words {
		if *raw == string(word) {
			return word
		}
		names[i] = string(word)
	}
	if len(words) == 1 {
		c.reject(at, "Invalid "+key, "%q is none of the values of %s: so far %q is the only one.", *raw, key, names[0])
		return def
	}
	c.reject(at, "Invalid "+key, "%s is %s, not %q.%s", key, quoted(names), *raw, suggest(*raw, names))
	return def
}

// number reads a key that takes a whole number from least to most.
func (c *checker) number(key string, raw *int, at hcl.Range, def, least, most int) int {
	if raw = given(c, raw, at); raw == nil {
		return def
	}
	if *raw < least || *raw > most {
		c.reject(at, "Invalid "+key, "%s is a whole number from %d to %d, not %d. Left out, it is %d.", key, least, most, *raw, def)
		return def
	}
	return *raw
}
