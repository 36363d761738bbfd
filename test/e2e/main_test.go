// Package e2e holds the tests that run weir as its users do: the built binary,
// a configuration file, real Consul agents, backends that are processes of
// their own and really die.
package e2e

import (
	"os"
	"testing"

	"weir/test/rig"
)

func TestMain(m *testing.M) { os.Exit(rig.Main(m)) }
