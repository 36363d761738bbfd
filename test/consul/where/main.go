// Command where prints which installed Consul the tests will run. It prints nothing where there is
// none recent enough, so that make knows to build one.
package main

import (
	"fmt"
	"os"

	"weir/test/consul"
)

func main() {
	path, from, err := consul.Installed()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if path != "" {
		fmt.Printf("tests run %s (%s)\n", path, from)
	}
}
