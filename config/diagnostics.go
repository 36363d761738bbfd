package config

import (
	"cmp"
	"io"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// Diagnostics is everything that Load has to say about a configuration, errors
// and warnings, with the source that they point into.
type Diagnostics struct {
	list  hcl.Diagnostics
	files map[string]*hcl.File // by the name that positions carry
}

// HasErrors reports whether the configuration can't be used.
func (d *Diagnostics) HasErrors() bool { return d.list.HasErrors() }

// Write prints all of it in HCL's own form, in the order of the source; nothing
// if there is nothing to say. Width is where long lines are wrapped, 0 for
// nowhere; color adds terminal escapes. The text given to a token is dotted out.
func (d *Diagnostics) Write(w io.Writer, width int, color bool) error {
	shown := make(map[string]*hcl.File, len(d.files))
	for name, file := range d.files {
		shown[name] = maskTokens(file)
	}
	return hcl.NewDiagnosticTextWriter(w, shown, uint(max(width, 0)), color).WriteDiagnostics(d.list)
}

// sort brings the list into the order of the source, what has no place in it
// first: decoding visits keys in a random order.
func (d *Diagnostics) sort() {
	slices.SortStableFunc(d.list, func(a, b *hcl.Diagnostic) int {
		var x, y hcl.Range
		if a.Subject != nil {
			x = *a.Subject
		}
		if b.Subject != nil {
			y = *b.Subject
		}
		return cmp.Or(
			cmp.Compare(x.Filename, y.Filename),
			cmp.Compare(x.Start.Byte, y.Start.Byte),
			cmp.Compare(a.Summary, b.Summary),
			cmp.Compare(a.Detail, b.Detail),
		)
	})
}
