package config

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// annotated is the example that users start from.
const annotated = "../config.hcl"

// TestExampleIsDefaults shows that the annotated example names no value but the
// default of its key.
func TestExampleIsDefaults(t *testing.T) {
	got := valid(t, annotated, noEnv)
	bare := source{"bare.hcl", []byte(`
service "web" {
  tags     = []
  failover = []
  heartbeat {}
}
listener "web" {
  bind    = "0.0.0.0:8080"
  service = "web"
}`)}
	want, diags := parse([]source{bare}, noEnv)
	if want == nil {
		t.Fatal(text(t, diags))
	}
	if d := diff(want, got); d != "" {
		t.Errorf("the example differs from the defaults (-want +got):\n%s", d)
	}
}

// TestExampleIsComplete shows that the example names each key that there is, and
// no other, be it in a comment.
func TestExampleIsComplete(t *testing.T) {
	want := make(map[string]bool)
	for _, raw := range []any{&rawConfig{}, &rawLog{}, &rawConsul{}, &rawTLS{}, &rawFiles{}, &rawProcess{}, &rawService{}, &rawHeartbeat{}, &rawListener{}} {
		keys, blocks := known(raw)
		for _, name := range append(keys, blocks...) {
			want[name] = true
		}
	}
	text, err := os.ReadFile(annotated)
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]bool)
	for _, m := range regexp.MustCompile(`(?m)^(?:# )? *(\w+) +(?:=|"\w+" \{|\{)`).FindAllSubmatch(text, -1) {
		got[string(m[1])] = true
	}
	if d := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); d != "" {
		t.Errorf("keys of the example (-want +got):\n%s", d)
	}
}
