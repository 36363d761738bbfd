//go:build race

package rig

// Race reports whether the race detector watches the test and the weir that it runs.
const Race = true
