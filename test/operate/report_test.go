package operate

import (
	"bytes"
	"fmt"
	"os"
	"sync"
)

// An observation is one row of the table.
type observation struct {
	claim                    string
	connections, failed, cut int
	note                     string
	unmet                    bool
}

type report struct {
	mu   sync.Mutex
	rows []observation // guarded by mu
}

var theReport report

func (r *report) add(o observation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows = append(r.rows, o)
}

// write makes the Markdown file.
func (r *report) write(path string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var b bytes.Buffer
	fmt.Fprintf(&b, preface, full.rate, full.streams)
	b.WriteString("| what was done | connections | failed | cut | besides |\n|---|---|---|---|---|\n")
	for _, o := range r.rows {
		if o.unmet {
			o.note += "; **a demand was not met**"
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %s |\n", o.claim, o.connections, o.failed, o.cut, o.note)
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

const preface = "# What an operator does, and what it costs\n\n" +
	"`make operate` writes this. Each row is weir, as it is built, under %d new connections a second and %d long-lived\n" +
	"ones on which both sides send numbered, checksummed frames and check what comes. *Failed* are new connections that\n" +
	"were refused, reset or not answered in full, *cut* long-lived ones that were not to end.\n\n"
