package discovery

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Definitions nest 4 deep, the proxy settings that weir ignores a little more.
// HCL's parsers recurse, and a stack that overflows ends the process: no file
// may reach them that nests or chains without bound.
const maxNesting = 64

// plainHCL reports whether src holds nothing but plain values: Consul's own
// reader of these files knows no expressions either.
func plainHCL(path string, src []byte) (problem, bool) {
	// The parser makes the same complaints as the scanner, in context.
	tokens, _ := hclsyntax.LexConfig(src, path, hcl.InitialPos)
	depth := 0
	var before hclsyntax.TokenType
	for _, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc:
			if t.Type == hclsyntax.TokenOBrack && endsValue(before) {
				return problem{t.Range, "only plain values are allowed here, no index"}, false
			}
			if depth++; depth > maxNesting {
				return problem{t.Range, tooDeep()}, false
			}
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc:
			depth = max(0, depth-1)
		case hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			return problem{t.Range, fmt.Sprintf("only plain values are allowed here, no %s...}", t.Bytes)}, false
		case hclsyntax.TokenOParen, hclsyntax.TokenDot, hclsyntax.TokenDoubleColon, hclsyntax.TokenQuestion,
			hclsyntax.TokenBang, hclsyntax.TokenMinus, hclsyntax.TokenPlus, hclsyntax.TokenStar,
			hclsyntax.TokenSlash, hclsyntax.TokenPercent, hclsyntax.TokenAnd, hclsyntax.TokenOr,
			hclsyntax.TokenEqualOp, hclsyntax.TokenNotEqual, hclsyntax.TokenLessThan, hclsyntax.TokenGreaterThan,
			hclsyntax.TokenLessThanEq, hclsyntax.TokenGreaterThanEq:
			return problem{t.Range, fmt.Sprintf("only plain values are allowed here, no %q", t.Bytes)}, false
		}
		before = t.Type
	}
	return problem{}, true
}

// endsValue reports whether a bracket after such a token would be an index.
func endsValue(t hclsyntax.TokenType) bool {
	switch t {
	case hclsyntax.TokenIdent, hclsyntax.TokenNumberLit, hclsyntax.TokenCQuote, hclsyntax.TokenCBrack, hclsyntax.TokenCBrace:
		return true
	}
	return false
}

// plainJSON reports whether src is one JSON value of bounded depth, by the
// decoder that Consul reads its own files with.
func plainJSON(path string, src []byte) (problem, bool) {
	dec := json.NewDecoder(bytes.NewReader(src))
	depth := 0
	for {
		token, err := dec.Token()
		if err != nil {
			break // the end, or an error that Unmarshal tells better
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			if depth++; depth > maxNesting {
				return problem{rangeAt(path, src, dec.InputOffset()), tooDeep()}, false
			}
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
	var whole json.RawMessage
	err := json.Unmarshal(src, &whole)
	if err == nil {
		return problem{}, true
	}
	offset := int64(len(src))
	if bad, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = bad.Offset
	}
	return problem{rangeAt(path, src, offset), "invalid JSON: " + err.Error()}, false
}

func tooDeep() string { return fmt.Sprintf("nested more than %d deep", maxNesting) }

// rangeAt is the place of the last of the first n bytes of src.
func rangeAt(path string, src []byte, n int64) hcl.Range {
	head := src[:max(0, min(n, int64(len(src)))-1)]
	line := bytes.LastIndexByte(head, '\n') + 1
	pos := hcl.Pos{
		Line:   bytes.Count(head, []byte{'\n'}) + 1,
		Column: len(bytes.Runes(head[line:])) + 1,
		Byte:   len(head),
	}
	return hcl.Range{Filename: path, Start: pos, End: pos}
}
