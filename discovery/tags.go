package discovery

import (
	"slices"
	"strings"
)

// hasTags reports whether have holds every tag of want, in any case, as
// Consul's ?tag= compares them.
func hasTags(have, want []string) bool {
	return !slices.ContainsFunc(want, func(w string) bool {
		return !slices.ContainsFunc(have, func(h string) bool { return strings.EqualFold(h, w) })
	})
}
