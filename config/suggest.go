package config

import (
	"fmt"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// suggest returns " Did you mean X?" for the candidate that given looks like a
// slip of, and nothing when none is near: it goes behind a full sentence.
func suggest(given string, candidates []string) string {
	best, least := "", 3 // two slips are the most that still look like one word
	word := strings.ToLower(given)
	for _, c := range candidates {
		lower := strings.ToLower(c)
		distance := levenshtein.Distance(word, lower, nil)
		if len(word) >= 3 && (strings.HasPrefix(lower, word) || strings.HasPrefix(word, lower)) {
			distance = min(distance, 2) // "warning" for warn, "round" for round_robin
		}
		if distance < least && distance < len(word) {
			best, least = c, distance
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" Did you mean %q?", best)
}

// misspelt reports whether a block has a key that looks like a slip of this one:
// then it is not missing, but already reported as unknown.
func misspelt(body hcl.Body, key string) bool {
	for name := range body.(*hclsyntax.Body).Attributes {
		if name != key && suggest(name, []string{key}) != "" {
			return true
		}
	}
	return false
}

// quoted lists names for a message: "a", "b" or "c".
func quoted(names []string) string {
	var b strings.Builder
	for i, name := range names {
		switch {
		case i == 0:
		case i == len(names)-1:
			b.WriteString(" or ")
		default:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", name)
	}
	return b.String()
}
