package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"
)

// stamp is how weir's log begins each line.
const stamp = "2006-01-02T15:04:05.000Z0700"

// countChanges counts, in weir's log, the changes of the eligible set within a
// window: what really arrived, whatever was sent.
func countChanges(log io.Reader, from time.Time, window time.Duration) (int, error) {
	n := 0
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		first, rest, _ := strings.Cut(lines.Text(), " ")
		if !strings.Contains(rest, "eligible set changed") {
			continue
		}
		at, err := time.Parse(stamp, first)
		if err != nil {
			return 0, fmt.Errorf("read weir's log: %w", err)
		}
		if since := at.Sub(from); since >= 0 && since < window {
			n++
		}
	}
	return n, lines.Err()
}
