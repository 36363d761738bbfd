package outages

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"weir/test/rig"
)

// checkLog demands what the row says of weir's log, and that no backend was lost that nobody took
// out of the catalog.
func (s *scene) checkLog() {
	s.t.Helper()
	for _, message := range s.fault.says {
		s.weir.AwaitFor(s.t, time.Millisecond, s.mark, message, nil)
	}
	if s.fault.moves {
		return
	}
	for _, l := range s.weir.Find(changed) {
		removed := fmt.Sprint(l.Fields["removed"])
		if l.Time.After(s.began) && strings.Contains(removed, "deregistered") && !names(l, "removed", s.fresh.Name) {
			s.t.Errorf("at %s backends left the set as deregistered: %v", clock(l.Time), removed)
		}
	}
}

// crowded reports that the kernel's table of tracked connections is nearly full, if it has one: each
// is in it for two minutes after its end, and with a full table packets are dropped.
func crowded() bool {
	read := func(name string) int {
		text, _ := os.ReadFile("/proc/sys/net/netfilter/nf_conntrack_" + name)
		n, _ := strconv.Atoi(strings.TrimSpace(string(text)))
		return n
	}
	return read("count")*10 > read("max")*9
}

// checkDescriptors demands that weir has no more of them than before, but for some pipes that it keeps
// for splicing, and for connections to Consul that rest for the next request. In full, the time is
// there to see those closed.
func (s *scene) checkDescriptors(before int) {
	s.t.Helper()
	const pipes = 8
	spare, patience := pipes+mostLoads, rig.Patience
	if s.form.full {
		spare, patience = pipes, patience+90*time.Second
	}
	var now int
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if now = s.weir.Descriptors(s.t); now <= before+spare {
			return
		}
	}
	s.t.Errorf("descriptors: got %d, began with %d", now, before)
}
