// Package behaviour shows that a connection through weir behaves as a direct one: each case is played
// on both, and both sides' observations are compared. WEIR_BEHAVIOUR_REPORT names a file for the table.
package behaviour

import (
	"os"
	"testing"

	"weir/test/rig"
)

func TestMain(m *testing.M) { os.Exit(rig.Main(m)) }
