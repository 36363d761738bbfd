// Package programs runs real programs through weir, unchanged: they must not notice it. The programs
// are Debian's.
package programs

import (
	"os"
	"testing"

	"weir/test/rig"
)

func TestMain(m *testing.M) { os.Exit(rig.Main(m)) }
