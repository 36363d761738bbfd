// Package outages breaks what weir depends on, row by row of one table, under a steady load of new
// connections and long-lived ones, and demands that none of them notices and that weir recovers by
// itself. The short form is a part of the tests; `make outages` runs the full one and writes what was
// observed into docs/outages.md.
package outages

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"weir/test/rig"
)

// A form is how thoroughly the table is run.
type form struct {
	full     bool
	rate     int           // new connections per second
	recovery time.Duration // that is demanded; in the short form the machine may be loaded
	parallel int           // rows at once: most of a row is waiting, but see crowded
}

var (
	short = form{rate: 100, recovery: 30 * time.Second, parallel: 6}
	full  = form{full: true, rate: 200, recovery: 5 * time.Second, parallel: 3}
)

// The environment chooses the form, and where the table of what was observed goes.
const (
	formEnv   = "WEIR_OUTAGES" // "full", or the short form
	reportEnv = "WEIR_OUTAGES_REPORT"
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
