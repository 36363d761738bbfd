package discovery

import (
	"cmp"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// A value is what a key holds: a block's body or an expression, which is also
// all that JSON has. One decoder serves both by it.
type value struct {
	body *hclsyntax.Body // nil for an expression
	expr hcl.Expression
	at   hcl.Range
}

// A member is one key of an object, and what it holds.
type member struct {
	key string
	at  hcl.Range // of the key
	val value
}

// members lists an object in the order of the file. The word what names it in
// the message when it is something else.
func (d *decoder) members(v value, what string) ([]member, bool) {
	if v.body != nil {
		return d.bodyMembers(v.body), true
	}
	pairs, diags := hcl.ExprMap(v.expr)
	if diags.HasErrors() {
		d.fail(v.at, "%s must be an object, not %s", what, kindOf(v.expr))
		return nil, false
	}
	list := make([]member, 0, len(pairs))
	for _, pair := range pairs {
		key, _ := pair.Key.Value(nil)
		if key.IsNull() || !key.IsKnown() || key.Type() != cty.String {
			d.fail(pair.Key.Range(), "keys must be plain words or strings")
			continue
		}
		list = append(list, member{key: key.AsString(), at: pair.Key.Range(), val: exprValue(pair.Value)})
	}
	return list, true
}

func (d *decoder) bodyMembers(body *hclsyntax.Body) []member {
	list := make([]member, 0, len(body.Attributes)+len(body.Blocks))
	for _, attr := range body.Attributes {
		list = append(list, member{key: attr.Name, at: attr.NameRange, val: exprValue(attr.Expr)})
	}
	for _, block := range body.Blocks {
		if len(block.Labels) > 0 {
			d.fail(block.LabelRanges[0], "a %s block has no label: give the name by the key name", block.Type)
			continue
		}
		list = append(list, member{key: block.Type, at: block.TypeRange, val: value{body: block.Body, at: block.TypeRange}})
	}
	slices.SortFunc(list, func(a, b member) int { return cmp.Compare(a.at.Start.Byte, b.at.Start.Byte) })
	return list
}

func exprValue(expr hcl.Expression) value { return value{expr: expr, at: expr.Range()} }

// elements lists an array.
func (d *decoder) elements(m member) ([]value, bool) {
	if m.val.body != nil {
		d.fail(m.at, "%s must be a list, not a block", m.key)
		return nil, false
	}
	exprs, diags := hcl.ExprList(m.val.expr)
	if diags.HasErrors() {
		d.fail(m.val.at, "%s must be a list, not %s", m.key, kindOf(m.val.expr))
		return nil, false
	}
	list := make([]value, 0, len(exprs))
	for _, expr := range exprs {
		list = append(list, exprValue(expr))
	}
	return list, true
}

// null reports whether v is JSON's null, which Consul takes for a key left out.
func null(v value) bool {
	if v.expr == nil {
		return false
	}
	if _, diags := hcl.ExprMap(v.expr); !diags.HasErrors() {
		return false
	}
	if _, diags := hcl.ExprList(v.expr); !diags.HasErrors() {
		return false // and not worth evaluating: it may be long
	}
	val, diags := v.expr.Value(nil)
	return !diags.HasErrors() && val.IsNull()
}

// kindOf names what an expression is, for a message.
func kindOf(expr hcl.Expression) string {
	val, diags := expr.Value(nil)
	if diags.HasErrors() {
		return "a reference: values are plain here, strings in double quotes"
	}
	switch t := val.Type(); {
	case val.IsNull():
		return "null"
	case t == cty.String:
		return "a string"
	case t == cty.Number:
		return "a number"
	case t == cty.Bool:
		return "true or false"
	case t.IsTupleType():
		return "a list"
	}
	return "an object"
}
