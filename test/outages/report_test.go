package outages

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"weir/test/consul"
)

// An observation is one row of docs/outages.md.
type observation struct {
	fault                              string
	lasted                             time.Duration // 0: it happened in an instant
	connections, failed, cut, reported int
	recovery                           time.Duration // negative: none was seen
	note                               string
	unmet                              bool // a demand of the row
}

// A report collects observations of rows that run at once.
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

// report notes what was observed, also of a row that broke off.
func (s *scene) report() {
	o := observation{
		fault: s.fault.name, lasted: s.fault.lasts.in(s.form), connections: s.connections,
		failed: s.failed, cut: s.cut, reported: s.reported, recovery: s.recovery, note: s.note, unmet: s.t.Failed(),
	}
	s.t.Logf("%d connections, %d failed, %d cut, %d excused, recovered after %s; %s", o.connections, o.failed, o.cut, o.reported, seconds(o.recovery), o.note)
	if o.unmet && crowded() {
		s.t.Log("the kernel tracks as many connections as it can, and may have dropped some: run fewer tests at once")
	}
	theReport.add(o)
}

// write makes the Markdown file, with the rows in the table's order.
func (r *report) write(path string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	place := func(o observation) int {
		return slices.IndexFunc(faults, func(f fault) bool { return f.name == o.fault })
	}
	slices.SortStableFunc(r.rows, func(a, b observation) int { return cmp.Compare(uint(place(a)), uint(place(b))) })
	var b bytes.Buffer
	b.WriteString(preface)
	fmt.Fprintf(&b, "Seen on %s.\n\n", surroundings())
	b.WriteString("| fault | lasted | connections | failed | cut | recovered after | besides |\n|---|---|---|---|---|---|---|\n")
	for _, o := range r.rows {
		lasted := "-"
		if o.lasted > 0 {
			lasted = o.lasted.String()
		}
		var besides []string
		if o.note != "" {
			besides = append(besides, o.note)
		}
		if o.reported > 0 {
			besides = append(besides, fmt.Sprintf("%d connections ended with their backend", o.reported))
		}
		if o.unmet {
			besides = append(besides, "**a demand was not met**")
		}
		fmt.Fprintf(&b, "| %s | %s | %d | %d | %d | %s | %s |\n", o.fault, lasted, o.connections, o.failed, o.cut, seconds(o.recovery), strings.Join(besides, "; "))
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

const preface = "# What was broken, and what became of it\n\n" +
	"`make outages` writes this. Each row is weir, as it is built, with real Consul agents and with backends that are\n" +
	"processes, while something is broken: under 200 new connections a second and 20 long-lived ones that talk all the\n" +
	"time and check every answer. Demanded of each row: no connection fails, none is cut, no backend is lost that nobody\n" +
	"took out of the catalog, weir's descriptors are as many as before, and 5 s after the fault's end a new instance is\n" +
	"in the set and answers, and is out again 5 s after it was deregistered. *Recovered after* is the longer of the two\n" +
	"times. Where Consul itself has to find together again, the fault's end is its first answer. `make test` runs every\n" +
	"row in a shorter form.\n\n"

// surroundings is a line on the machine and the versions.
func surroundings() string {
	model, kernel, version := "", "", ""
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		_, after, _ := strings.Cut(string(text), "model name\t: ")
		model, _, _ = strings.Cut(after, "\n")
	}
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		kernel = strings.TrimSpace(string(text))
	}
	if path, _, err := consul.Find(); err == nil {
		text, _ := exec.Command(path, "version").Output()
		version, _, _ = strings.Cut(string(text), "\n")
	}
	return fmt.Sprintf("%d cores (%s), %s %s, %s, %s", runtime.NumCPU(), model, runtime.GOOS, kernel, runtime.Version(), version)
}

func seconds(d time.Duration) string {
	if d < 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
