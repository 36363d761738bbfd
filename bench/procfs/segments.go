package procfs

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// SegmentsSent is how many TCP segments the calling thread's network namespace has
// sent: on loopback every one that there is, bare acknowledgements included.
func SegmentsSent() (uint64, error) {
	text, err := os.ReadFile("/proc/thread-self/net/snmp")
	if err != nil {
		return 0, fmt.Errorf("count segments: %w", err)
	}
	return parseSnmp(string(text), "Tcp", "OutSegs")
}

// parseSnmp finds a figure in the pairs of lines of /proc/net/snmp: a line of
// names and, below it, one of values.
func parseSnmp(text, protocol, name string) (uint64, error) {
	var names []string
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] != protocol+":" {
			continue
		}
		if names == nil {
			names = fields
			continue
		}
		for i, n := range names {
			if n == name && i < len(fields) {
				return strconv.ParseUint(fields[i], 10, 64)
			}
		}
	}
	return 0, fmt.Errorf("no %s %s in snmp", protocol, name)
}
