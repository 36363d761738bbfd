package discovery

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/json"
)

// A definition is one service of a definition file, as `consul services
// register` would register it.
type definition struct {
	service  string // the name
	instance Instance
	tags     []string
	meta     map[string]string

	at   hcl.Range // where the ID, or else the name, is given
	skip string    // why it can't be balanced; "" if it can
}

// A problem is a mistake in a definition file, at its token.
type problem struct {
	at     hcl.Range
	reason string
}

func (p problem) String() string { return place(p.at) + ": " + p.reason }

// place is "file:line:column", columns counted in characters.
func place(r hcl.Range) string {
	return fmt.Sprintf("%s:%d:%d", r.Filename, r.Start.Line, r.Start.Column)
}

// parseDefinitions decodes a file of Consul service definitions, JSON if its
// name ends so, else HCL. With any problem the definitions mean nothing.
func parseDefinitions(path string, src []byte) ([]definition, []problem) {
	var d decoder
	var root value
	if strings.EqualFold(filepath.Ext(path), ".json") {
		if p, ok := plainJSON(path, src); !ok {
			return nil, []problem{p}
		}
		expr, diags := json.ParseExpression(src, path)
		if d.diagnose(diags) {
			return nil, d.problems
		}
		root = value{expr: expr, at: expr.Range()}
	} else {
		if p, ok := plainHCL(path, src); !ok {
			return nil, []problem{p}
		}
		file, diags := hclsyntax.ParseConfig(src, path, hcl.InitialPos)
		if d.diagnose(diags) {
			return nil, d.problems
		}
		root = value{body: file.Body.(*hclsyntax.Body)}
	}
	d.file(root)
	d.duplicates()
	return d.defs, d.problems
}

// A decoder gathers what one file defines, and everything wrong with it.
type decoder struct {
	defs     []definition
	problems []problem
}

func (d *decoder) fail(at hcl.Range, format string, args ...any) {
	d.problems = append(d.problems, problem{at: at, reason: fmt.Sprintf(format, args...)})
}

// diagnose turns HCL's errors into problems and reports whether there were any.
func (d *decoder) diagnose(diags hcl.Diagnostics) bool {
	for _, diag := range diags {
		if diag.Severity != hcl.DiagError {
			continue
		}
		var at hcl.Range
		if diag.Subject != nil {
			at = *diag.Subject
		}
		// A detail may run over several lines; a problem is one line of log.
		d.fail(at, "%s", strings.Join(strings.Fields(diag.Summary+": "+diag.Detail), " "))
	}
	return diags.HasErrors()
}

// duplicates reports IDs that the file gives twice.
func (d *decoder) duplicates() {
	first := map[string]hcl.Range{}
	for _, def := range d.defs {
		id := def.instance.Service
		if at, ok := first[id]; ok {
			d.fail(def.at, "%s", taken(id, at))
			continue
		}
		first[id] = def.at
	}
}

// taken is the reason for a second definition of an ID.
func taken(id string, at hcl.Range) string {
	return fmt.Sprintf("service id %q is already defined at %s", id, place(at))
}
