package config

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/go-bexpr/grammar"
)

// filter reads a filter expression and checks what can be checked without
// Consul: its syntax, and that each selector starts at something an entry has.
func (c *checker) filter(raw *rawService) string {
	written := given(c, raw.Filter, raw.FilterAt)
	if written == nil || *written == "" {
		return ""
	}
	text := *written
	// Nested parentheses cost the parser exponential time: this many steps end it
	// within a tenth of a second, and a filter of a page takes a fraction of them.
	parsed, err := grammar.Parse("", []byte(text), grammar.MaxExpressions(1_000_000))
	if err != nil {
		c.reject(raw.FilterAt, "Invalid filter", "%s", misread(text, err.Error()))
		return ""
	}
	if root, sound := soundSelectors(parsed.(grammar.Expression)); !sound {
		c.reject(raw.FilterAt, "Invalid filter",
			"A selector begins with Service, Node or Checks, and none of these is %q.%s An example: Service.Meta.version == \"v2\".", root, suggest(root, roots()))
	}
	return text
}

// misread turns an error of the parser, LINE:COLUMN (OFFSET): REASON, into one
// that shows the text from the offset on.
func misread(text, reason string) string {
	const like = `A filter looks like this: Service.Meta.version == "v2" and "blue" in Service.Tags.`
	if strings.Contains(reason, "max number of expressions") {
		return "The expression is nested too deeply to be read. Remove parentheses that are not needed. " + like
	}
	m := regexp.MustCompile(`(?s)^\d+:\d+ \((\d+)\): (.*)$`).FindStringSubmatch(reason)
	if m == nil {
		return fmt.Sprintf("Consul could not read this expression: %s. %s", reason, like)
	}
	offset, err := strconv.Atoi(m[1])
	if err != nil || offset >= len(text) {
		return fmt.Sprintf("The expression breaks off: something is missing behind %q. %s", text, like)
	}
	return fmt.Sprintf("Consul could not read this expression from %q on: %s. %s", text[offset:], m[2], like)
}

// roots are what an answer of Consul's health endpoint consists of.
func roots() []string { return []string{"Service", "Node", "Checks"} }

// soundSelectors returns the first start of a selector that is none of roots.
func soundSelectors(e grammar.Expression) (string, bool) {
	switch e := e.(type) {
	case *grammar.UnaryExpression:
		return soundSelectors(e.Operand)
	case *grammar.BinaryExpression:
		if root, sound := soundSelectors(e.Left); !sound {
			return root, false
		}
		return soundSelectors(e.Right)
	case *grammar.CollectionExpression: // its inside may start at names of its own
		return soundSelector(e.Selector)
	case *grammar.MatchExpression:
		return soundSelector(e.Selector)
	}
	return "", true
}

func soundSelector(s grammar.Selector) (string, bool) {
	if len(s.Path) == 0 {
		return "", true
	}
	return s.Path[0], slices.Contains(roots(), s.Path[0])
}
