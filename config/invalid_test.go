package config

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// update is go test -update: the golden files are written anew, to be read.
var update = flag.Bool("update", false, "write the golden files anew")

// noEnv is an environment without any variable.
func noEnv(string) string { return "" }

// loadWith is Load in an environment of the test's making.
func loadWith(t *testing.T, path string, getenv func(string) string) (*Config, *Diagnostics) {
	t.Helper()
	sources, problem := read(path)
	if problem != nil {
		t.Fatalf("read %s: %s", path, problem)
	}
	return parse(sources, getenv)
}

// text is what a user would see.
func text(t *testing.T, d *Diagnostics) string {
	t.Helper()
	var b bytes.Buffer
	if err := d.Write(&b, 100, false); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// golden compares what a user would see with the file that holds it.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// TestInvalid holds each kind of mistake against the text that it is to bring.
func TestInvalid(t *testing.T) {
	files, err := filepath.Glob("testdata/invalid/*.hcl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		base := strings.TrimSuffix(file, ".hcl")
		t.Run(filepath.Base(base), func(t *testing.T) {
			conf, diags := loadWith(t, file, noEnv)
			if conf != nil || !diags.HasErrors() {
				t.Errorf("config %v, errors %v; want no config and errors", conf, diags.HasErrors())
			}
			got := text(t, diags)
			if strings.Contains(got, "5f1c") || strings.Contains(got, "hunter2") {
				t.Errorf("a token is printed:\n%s", got)
			}
			golden(t, base+".golden", got)
		})
	}
}

// TestWarning shows that a warning leaves the configuration usable.
func TestWarning(t *testing.T) {
	for _, base := range []string{"testdata/warning", "testdata/warning_without_effect", "testdata/warning_never_unhealthy"} {
		conf, diags := loadWith(t, base+".hcl", noEnv)
		if conf == nil || diags.HasErrors() {
			t.Errorf("%s: config %v, errors %v; want a config and no errors", base, conf, diags.HasErrors())
		}
		golden(t, base+".golden", text(t, diags))
	}
}

// TestMergedConflict shows that mistakes between files name both.
func TestMergedConflict(t *testing.T) {
	conf, diags := loadWith(t, "testdata/merged_conflict", noEnv)
	if conf != nil {
		t.Errorf("config %v; want none", conf)
	}
	golden(t, "testdata/merged_conflict.golden", text(t, diags))
}
