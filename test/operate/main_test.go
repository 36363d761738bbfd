// Package operate shows that what an operator does costs no connection: reloads, upgrades, drains,
// more clients than there is room for, all under a steady load of new connections and long-lived ones
// that move checked data both ways. The short form is a part of the tests; `make operate` runs the full
// one, and `make soak` all of it at once for as long as one likes.
package operate

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"weir/test/rig"
)

// A form is how thoroughly the claims are tried.
type form struct {
	full    bool
	rate    int           // new connections per second
	streams int           // long-lived connections
	every   time.Duration // a side of them sends a frame
	pace    time.Duration // between what the operator does
	exact   time.Duration // how far from its deadline a connection may end

	parallel int // tests at once, of those that mostly wait

	descriptors, crowd int // of weir, and of clients who want more than that
}

var (
	short = form{pace: 30 * time.Millisecond, rate: 60, streams: 60, every: 200 * time.Millisecond, exact: 500 * time.Millisecond, parallel: 4, descriptors: 2000, crowd: 2500} // the machine may be loaded
	full  = form{full: true, pace: 300 * time.Millisecond, rate: 300, streams: 500, every: 250 * time.Millisecond, exact: 100 * time.Millisecond, parallel: 1, descriptors: 20000, crowd: 25000}
)

// The environment chooses the form, how long the soak takes, and where the table of what was observed
// goes.
const (
	formEnv   = "WEIR_OPERATE" // "full", or the short form
	soakEnv   = "WEIR_SOAK"
	reportEnv = "WEIR_OPERATE_REPORT"
)

func theForm() form {
	if os.Getenv(formEnv) == "full" {
		return full
	}
	return short
}

func TestMain(m *testing.M) {
	flag.Parse()
	flag.Set("test.parallel", fmt.Sprint(theForm().parallel))
	code := rig.Main(m)
	if path := os.Getenv(reportEnv); path != "" {
		if err := theReport.write(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}
