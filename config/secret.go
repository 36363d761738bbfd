package config

import (
	"fmt"
	"io"
	"unique"
)

// Secret is a text that no print, log or marshal call gives away: only Reveal
// does. The zero value is the empty secret, and == compares what is inside.
type Secret struct {
	handle unique.Handle[string] // a pointer inside: fmt shows no more than that of unexported fields
}

// NewSecret wraps text.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{unique.Make(text)}
}

// Reveal returns the text itself.
func (s Secret) Reveal() string {
	if s == (Secret{}) {
		return ""
	}
	return s.handle.Value()
}

// String says whether there is a secret, not which.
func (s Secret) String() string {
	if s == (Secret{}) {
		return "(none)"
	}
	return "(hidden)"
}

// GoString is String.
func (s Secret) GoString() string { return s.String() }

// Format writes String, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { io.WriteString(f, s.String()) }

// MarshalText is String: JSON and its like show no more than a log line does.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
