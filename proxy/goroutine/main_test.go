package goroutine

import (
	"testing"

	"go.uber.org/goleak"
)

// What a client and a backend see of a relay is tested in package proxy, on each relay.
// Here is what is inside this one.

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
