package e2e

import (
	"net"
	"os"
	"runtime"
	"testing"

	"weir/test/rig"
)

// The environment says which relay moves the bytes, and the first line of the log which
// one does.
func TestRelayIsNamed(t *testing.T) {
	best := "goroutine"
	if runtime.GOOS == "linux" && (runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64") {
		best = "loop"
	}
	for asked, want := range map[string]string{"": best, best: best, "goroutine": "goroutine"} {
		t.Run("asked for "+asked, func(t *testing.T) {
			t.Setenv("WEIR_RELAY", asked)
			w := rig.StartWeir(t, filesConfig(t, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}))
			if got := w.Await(t, 0, "starting", nil).Str("relay"); got != want {
				t.Errorf("got relay %q, want %q", got, want)
			}
		})
	}
}

// onLoop reports whether weir moves bytes by event loops in this run of the tests.
func onLoop(t *testing.T, w *rig.Weir) bool {
	t.Helper()
	relay := w.Await(t, 0, "starting", nil).Str("relay")
	if asked := os.Getenv("WEIR_RELAY"); asked != "" && asked != relay {
		t.Errorf("got relay %q, want %q", relay, asked)
	}
	return relay == "loop"
}
