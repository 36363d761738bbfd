package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// evalContext is what expressions in the file may use: env("NAME") and
// env("NAME", "default"), which give the value of an environment variable. A
// variable that is set but empty counts as not set. Without a default, a variable
// that is not set is an error.
func evalContext(getenv func(string) string) *hcl.EvalContext {
	env := function.New(&function.Spec{
		Params:   []function.Parameter{{Name: "name", Type: cty.String}},
		VarParam: &function.Parameter{Name: "default", Type: cty.String},
		Type:     function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if len(args) > 2 {
				return cty.NilVal, function.NewArgErrorf(2, `env takes a name and at most one default, as in env("NAME", "default")`)
			}
			name := args[0].AsString()
			if v := getenv(name); v != "" {
				return cty.StringVal(v), nil
			}
			if len(args) == 2 {
				return args[1], nil
			}
			return cty.NilVal, fmt.Errorf("the environment variable %s is not set; set it, or give a default: env(%q, \"default\")", name, name)
		},
	})
	return &hcl.EvalContext{Functions: map[string]function.Function{"env": env}}
}
