package config

import (
	"bytes"
	"regexp"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// maskTokens returns the file as excerpts of it may be shown.
func maskTokens(file *hcl.File) *hcl.File {
	return &hcl.File{Body: file.Body, Bytes: masked(file.Bytes), Nav: file.Nav}
}

// masked returns the text with what is given to a key named token dotted out, so
// that a mistake on or near its line prints no secret. Lengths stay, as positions
// must. The name of an environment variable is no secret; what stands behind it
// as a default is.
func masked(text []byte) []byte {
	value := regexp.MustCompile(`\btoken[ \t]*=[ \t]*(?:env\("[^"\n]*")?([^\n]*)`)
	shown := slices.Clone(text)
	for _, at := range value.FindAllSubmatchIndex(text, -1) {
		for i := at[2]; i < at[3]; i++ {
			if bytes.IndexByte([]byte("\"(), \t\r{}"), shown[i]) < 0 {
				shown[i] = '*'
			}
		}
	}
	return shown
}
