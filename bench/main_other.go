//go:build !linux

// Command bench measures weir side by side with other balancers.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "bench: works on Linux only: what a balancer costs is read from /proc")
	os.Exit(1)
}
