package scripted

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	flag.Parse()
	flag.Set("test.parallel", "40") // most of a test is waiting
	goleak.VerifyTestMain(m)
}
