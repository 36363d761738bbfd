package main

import (
	"context"
	"io"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// asWeir makes the test binary, run once more, be weir. Its value is how long the next generation has
// to be ready.
const asWeir = "WEIR_TEST_AS_WEIR"

func TestMain(m *testing.M) {
	if within := os.Getenv(asWeir); within != "" {
		os.Exit(beWeir(within))
	}
	goleak.VerifyTestMain(m)
}

func beWeir(within string) int {
	d, err := time.ParseDuration(within)
	if err != nil {
		panic(err)
	}
	if os.Args[1] == "run" {
		go endWithTest()
	}
	return executeRoot(context.Background(), newRoot(d), os.Args[1:], os.Stdout, os.Stderr)
}

// endWithTest ends this process, whatever generation it is, when the test does, however that ends.
func endWithTest() {
	io.Copy(io.Discard, os.Stdin)
	os.Exit(99)
}
