package consul

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseVersion(t *testing.T) {
	for _, c := range []struct {
		answer, version string
		recent          bool
	}{
		{`{"Version":"1.21.0","Revision":""}`, "1.21.0", true},
		{`{"Version":"1.15.10"}`, "1.15.10", true},
		{`{"Version":"1.14.11"}`, "1.14.11", false},
		{`{"Version":"1.9.0"}`, "1.9.0", false},
		{`{"Version":"2.0.0"}`, "2.0.0", true},
		{`{"Version":"0.99.0"}`, "0.99.0", false},
		{`{"Version":"1"}`, "1", false},
		{`{"Version":"one.two"}`, "one.two", false},
		{`Consul v1.21.0`, "", false},
		{``, "", false},
	} {
		version, recent := parseVersion([]byte(c.answer))
		if version != c.version || recent != c.recent {
			t.Errorf("parseVersion(%s): got %q %v, want %q %v", c.answer, version, recent, c.version, c.recent)
		}
	}
}

func TestFindPrefersNewEnoughOnPath(t *testing.T) {
	dir := t.TempDir()
	fake := filepath.Join(dir, "consul")
	t.Setenv("WEIR_CONSUL", "")
	t.Setenv("PATH", dir+string(filepath.ListSeparator)+os.Getenv("PATH"))

	install := func(version string) {
		t.Helper()
		script := "#!/bin/sh\necho '{\"Version\":\"" + version + "\"}'\n"
		if err := os.WriteFile(fake, []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}

	install("1.17.3")
	path, from, err := Find()
	if err != nil || path != fake || !strings.Contains(from, "1.17.3") {
		t.Errorf("with 1.17.3 on PATH: got %q, %q, %v; want %q from PATH", path, from, err, fake)
	}

	install("1.14.9")
	if path, from, err := Installed(); path != "" || err != nil {
		t.Errorf("with 1.14.9 on PATH: got %q, %q, %v; want none", path, from, err)
	}

	t.Setenv("WEIR_CONSUL", fake)
	path, from, err = Find()
	if err != nil || path != fake || from != "WEIR_CONSUL" {
		t.Errorf("with WEIR_CONSUL: got %q, %q, %v; want %q whatever its version", path, from, err, fake)
	}

	t.Setenv("WEIR_CONSUL", filepath.Join(dir, "gone"))
	if path, _, err := Find(); err == nil {
		t.Errorf("with WEIR_CONSUL naming no file: got %q, want an error", path)
	}
}

func TestFindSaysHowToGetOne(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module empty\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("WEIR_CONSUL", "")
	t.Setenv("PATH", dir)
	t.Chdir(dir)

	path, _, err := Find()
	if err == nil || !strings.Contains(err.Error(), "make test") {
		t.Errorf("without any consul: got %q, %v; want an error that names `make test`", path, err)
	}
}
