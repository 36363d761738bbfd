//go:build race

package proxy

// The race detector takes memory and makes sync.Pool forget at random.
const raceEnabled = true
