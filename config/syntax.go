package config

import (
	"bytes"
	"fmt"
	"regexp"

	"github.com/hashicorp/hcl/v2"
)

// hintSyntax adds to the syntax errors of a file what its author most likely
// forgot: the quotes around a text, or the second one. What follows upon quotes
// that never close is left out.
func hintSyntax(diags hcl.Diagnostics, text []byte) hcl.Diagnostics {
	bare := regexp.MustCompile(`^(?:[^#]*\{)?\s*(\w+)\s*=\s*([^\s"'\[\]{}()#][^"'\[\]{}()#]*?)\s*\}?\s*(#.*)?$`)
	for i, d := range diags {
		if d.Summary == openQuote {
			d.Detail = "The text that begins here does not end on its line. Add the closing quote."
			return diags[:i+1]
		}
		if d.Summary == "Attribute redefined" || d.Summary == deepNesting {
			continue // what is wrong with it is said
		}
		if d.Subject == nil || d.Subject.Start.Byte > len(text) {
			continue
		}
		start := bytes.LastIndexByte(text[:d.Subject.Start.Byte], '\n') + 1
		line, _, _ := bytes.Cut(text[start:], []byte("\n"))
		if m := bare.FindSubmatch(line); m != nil {
			d.Detail += " Text stands in quotes" + example(string(m[1]), string(m[2]))
		}
	}
	return diags
}

// example completes a sentence about quotes, without repeating a secret.
func example(key, value string) string {
	if key == "token" {
		return "."
	}
	return fmt.Sprintf(": %s = %q.", key, value)
}
