package config

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// decode fills the raw types from the files, taken as one, and says what is
// wrong with keys and types.
func decode(files []*hcl.File, ctx *hcl.EvalContext) (*rawConfig, hcl.Diagnostics) {
	raw := &rawConfig{}
	diags := gohcl.DecodeBody(hcl.MergeFiles(files), ctx, raw)
	all := slices.Clone(diags) // DeleteFunc moves what isEcho would read
	diags = slices.DeleteFunc(diags, func(d *hcl.Diagnostic) bool { return isEcho(d, all) })
	for _, d := range diags {
		for _, file := range files {
			if d.Subject != nil && file.Body.MissingItemRange().Filename == d.Subject.Filename {
				hint(d, file)
			}
		}
	}
	return raw, diags
}

// isEcho reports whether a diagnostic only repeats that a value is unusable
// whose expression another one has already explained.
func isEcho(d *hcl.Diagnostic, all hcl.Diagnostics) bool {
	if d.Summary != wrongType || d.Context == nil {
		return false
	}
	return slices.ContainsFunc(all, func(other *hcl.Diagnostic) bool {
		return other.Summary != wrongType && other.Subject != nil && within(*other.Subject, *d.Context)
	})
}

// everythingRead reports whether each block at the top of the files arrived in
// raw; one with a misspelt name or a missing label does not.
func everythingRead(files []*hcl.File, raw *rawConfig) bool {
	arrived := len(raw.Log) + len(raw.Consul) + len(raw.Files) + len(raw.Process) + len(raw.Services) + len(raw.Listeners)
	written := 0
	for _, file := range files {
		body := file.Body.(*hclsyntax.Body)
		written += len(body.Blocks) + len(body.Attributes)
	}
	return arrived == written
}
