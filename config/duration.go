package config

import (
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
)

const (
	// A connection that is silent for less is as likely slow as idle.
	leastTimeout = 100 * time.Millisecond
	// No sum of two times overflows.
	longest = 100 * 365 * 24 * time.Hour
)

// duration reads a key that takes a time of at least the given one.
func (c *checker) duration(key string, raw *string, at hcl.Range, def, least time.Duration) time.Duration {
	if raw = given(c, raw, at); raw == nil {
		return def
	}
	d, ok := c.time(key, *raw, at, "")
	switch {
	case !ok:
		return def
	case d < least:
		c.reject(at, "Invalid "+key, "%s is a time of at least %s, not %q. Left out, it is %s.", key, brief(least), *raw, brief(def))
		return def
	}
	return d
}

// timeout reads a key that takes a time, or "0s" for none.
func (c *checker) timeout(key string, raw *string, at hcl.Range, def time.Duration) time.Duration {
	if raw = given(c, raw, at); raw == nil {
		return def
	}
	d, ok := c.time(key, *raw, at, `"0s" stands for none.`)
	switch {
	case !ok:
		return def
	case d != 0 && d < leastTimeout:
		c.reject(at, "Invalid "+key, `%s is a time of at least %s, or "0s" for none, not %q. Left out, it is %s.`, key, brief(leastTimeout), *raw, brief(def))
		return def
	}
	return d
}

// lasting reads a key that takes a time, or "forever".
func (c *checker) lasting(key string, raw *string, at hcl.Range, def time.Duration) time.Duration {
	if raw = given(c, raw, at); raw == nil {
		return def
	}
	if *raw == forever {
		return Forever
	}
	d, ok := c.time(key, *raw, at, `"forever" stands for no end.`)
	switch {
	case !ok:
		return def
	case d < 0:
		c.reject(at, "Invalid "+key, "%s is a time of at least 0s, or %q, not %q. Left out, it is %s.", key, forever, *raw, brief(def))
		return def
	}
	return d
}

const forever = "forever" // as in the file

// time reads a number with its unit, and reports what is none. Also is a sentence
// about what the key takes besides, or empty.
func (c *checker) time(key, value string, at hcl.Range, also string) (d time.Duration, ok bool) {
	if also != "" {
		also = " " + also
	}
	d, err := time.ParseDuration(value)
	switch {
	case err != nil && strings.Trim(value, "0123456789.") == "" && value != "":
		c.reject(at, "Invalid "+key, "The time %q lacks a unit. Write %q or %q, for example.", value, value+"s", value+"ms")
	case err != nil:
		c.reject(at, "Invalid "+key,
			`%q is no duration. Write a number with one of the units ms, s, m and h, such as "500ms", "2s" or "1m30s".%s`, value, also)
	case d > longest:
		c.reject(at, "Invalid "+key, "%s is a time of at most %s, a hundred years, not %q.%s", key, brief(longest), value, also)
	default:
		return d, true
	}
	return 0, false
}

// brief writes a time without the parts that are 0: "24h", not "24h0m0s".
func brief(d time.Duration) string {
	if d == Forever {
		return forever
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
