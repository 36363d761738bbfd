package proxy

import (
	"strings"
	"testing"
)

func TestParseKind(t *testing.T) {
	for name, want := range map[string]Kind{"": best, "loop": EventLoop, "goroutine": Goroutines} {
		if got, err := ParseKind(name); got != want || err != nil {
			t.Errorf("%q: got %q and %v, want %q", name, got, err, want)
		}
	}
	for _, name := range []string{"loops", "Loop", " "} {
		_, err := ParseKind(name)
		if err == nil || !strings.Contains(err.Error(), `"loop"`) || !strings.Contains(err.Error(), `"goroutine"`) {
			t.Errorf("%q: got error %v, want one that names what there is", name, err)
		}
	}
}
