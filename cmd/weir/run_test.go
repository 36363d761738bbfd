package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// A relay that doesn't exist is an error before anything else is looked at.
func TestWrongRelay(t *testing.T) {
	t.Setenv("WEIR_RELAY", "loops")
	var stderr bytes.Buffer
	if code := execute(t.Context(), []string{"run", "--config", "none.hcl"}, io.Discard, &stderr); code != exitUsage {
		t.Errorf("got exit code %d, want %d", code, exitUsage)
	}
	for _, part := range []string{"WEIR_RELAY", `"loops"`, `"loop"`, `"goroutine"`, "weir run --help"} {
		if !strings.Contains(stderr.String(), part) {
			t.Errorf("got %q, want it to say %s", stderr.String(), part)
		}
	}
	if strings.Contains(stderr.String(), "none.hcl") {
		t.Errorf("got %q, want nothing of the configuration yet", stderr.String())
	}
}
