//go:build linux && (amd64 || arm64)

package loop

import "testing"

// Sessions that stay are spread over the loops, though one client comes after the
// other and the kernel may wake the same loop for each.
func TestSessionsAreSpread(t *testing.T) {
	r := startRig(t)
	loops, _ := r.relay.start()
	for n := 1; n <= 40; n++ {
		r.dial(t)
		least, most := n, 0
		for _, l := range loops {
			live := int(l.live.Load())
			least, most = min(least, live), max(most, live)
		}
		if allowed := 1 + most/8; most-least > allowed {
			t.Fatalf("of %d sessions one loop has %d, another %d: want them %d apart at most", n, most, least, allowed)
		}
	}
}
