package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"

	"weir/proxy"
)

// gcPercent is how much the heap may grow, in percent of what lives, before it is
// collected, where a connection has two goroutines: at Go's own 100 one at rest would
// cost 700 bytes more. Event loops make next to no garbage. GOGC overrules it.
const gcPercent = 25

// tune fits Go's runtime to the relay, which exists already.
func tune(relay proxy.Kind) {
	switch {
	case relay == proxy.Goroutines && os.Getenv("GOGC") == "":
		debug.SetGCPercent(gcPercent)
	case relay == proxy.EventLoop && os.Getenv("GOMAXPROCS") == "":
		// Under load the loops hold a processor each. One more is for all the rest: a
		// large answer of the catalog doesn't make connections wait.
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1)
	}
}

// profileVariable names the folder that a CPU profile goes into, one file a process:
// make pgo gathers what the compiler is to know.
const profileVariable = "WEIR_CPU_PROFILE"

// startProfile profiles until stop is called, if the environment asks for it.
func startProfile() (stop func(), err error) {
	dir := os.Getenv(profileVariable)
	if dir == "" {
		return func() {}, nil
	}
	f, err := os.Create(filepath.Join(dir, fmt.Sprintf("weir-%d.pprof", os.Getpid())))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", profileVariable, err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", profileVariable, err)
	}
	return func() {
		pprof.StopCPUProfile()
		f.Close()
	}, nil
}
