package config

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// maxDepth bounds what HCL is given to parse and to evaluate: it recurses, and a
// stack that overflows ends the process. No sensible value nests even 10 deep.
const maxDepth = 64

const deepNesting = "Nested too deeply"

// parseFile is HCL's parser, with hints, for files that nest within maxDepth.
func parseFile(src source) (*hcl.File, hcl.Diagnostics) {
	tokens, diags := hclsyntax.LexConfig(src.text, src.name, hcl.InitialPos) // a loop, whatever the text
	if at, deep := tooDeep(tokens); deep {
		// A bad token, such as an open quote, may be why the rest is misread. An
		// excerpt ends here, as a text that nests so deep can be one endless line.
		diags = slices.DeleteFunc(diags, func(d *hcl.Diagnostic) bool { return d.Subject.Start.Byte >= at.End.Byte })
		diags = append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagError,
			Summary:  deepNesting,
			Detail: fmt.Sprintf("Here blocks, brackets, templates and operators are nested more than %d deep. "+
				"Close those that were left open, and remove those that are not needed.", maxDepth),
			Subject: &at,
		})
		return &hcl.File{Bytes: src.text[:at.End.Byte]}, hintSyntax(diags, src.text)
	}
	file, diags := hclsyntax.ParseConfig(src.text, src.name, hcl.InitialPos)
	return file, hintSyntax(diags, src.text)
}

// tooDeep returns the first token that is more than maxDepth deep. What counts is
// each bracket that is open and, as a chain of them makes a tree just as deep, each
// operator before the token in the same item of the innermost bracket.
func tooDeep(tokens hclsyntax.Tokens) (hcl.Range, bool) {
	type bracket struct {
		closer hclsyntax.TokenType
		item   int // the depth at which each item in it begins
		behind int // the depth behind it
	}
	open := []bracket{{}} // the first is the file
	depth := 0
	for _, t := range tokens {
		innermost := open[len(open)-1]
		switch closer, opens := closerOf(t.Type); {
		case opens && isChained(t.Type):
			depth++
			open = append(open, bracket{closer: closer, item: depth, behind: depth})
		case opens:
			depth++
			open = append(open, bracket{closer: closer, item: depth, behind: depth - 1})
		case t.Type == innermost.closer:
			open = open[:len(open)-1]
			depth = innermost.behind
		case t.Type == hclsyntax.TokenEqual || t.Type == hclsyntax.TokenComma:
			depth = innermost.item
		case isChained(t.Type):
			depth++
		}
		if depth > maxDepth {
			return t.Range, true
		}
	}
	return hcl.Range{}, false
}

// closerOf returns what ends a bracket, and whether t begins one.
func closerOf(t hclsyntax.TokenType) (hclsyntax.TokenType, bool) {
	switch t {
	case hclsyntax.TokenOBrace:
		return hclsyntax.TokenCBrace, true
	case hclsyntax.TokenOBrack:
		return hclsyntax.TokenCBrack, true
	case hclsyntax.TokenOParen:
		return hclsyntax.TokenCParen, true
	case hclsyntax.TokenOQuote:
		return hclsyntax.TokenCQuote, true
	case hclsyntax.TokenOHeredoc:
		return hclsyntax.TokenCHeredoc, true
	case hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
		return hclsyntax.TokenTemplateSeqEnd, true
	}
	return hclsyntax.TokenNil, false
}

// isChained reports whether t nests what is before it in what follows, or the other
// way about: it is an operator, may begin an index, or is a %{...} of a template.
func isChained(t hclsyntax.TokenType) bool {
	switch t {
	case hclsyntax.TokenQuestion, hclsyntax.TokenBang, hclsyntax.TokenMinus, hclsyntax.TokenPlus, hclsyntax.TokenStar,
		hclsyntax.TokenSlash, hclsyntax.TokenPercent, hclsyntax.TokenAnd, hclsyntax.TokenOr, hclsyntax.TokenEqualOp,
		hclsyntax.TokenNotEqual, hclsyntax.TokenLessThan, hclsyntax.TokenGreaterThan, hclsyntax.TokenLessThanEq,
		hclsyntax.TokenGreaterThanEq, hclsyntax.TokenOBrack, hclsyntax.TokenTemplateControl:
		return true
	}
	return false
}
