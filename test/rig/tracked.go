package rig

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Tracked is how full the kernel's table of tracked connections is, from 0 to 1; 0 if it has none.
// Each connection is in it for two minutes after its end, and with a full table packets are dropped.
func Tracked() float64 {
	read := func(name string) float64 {
		text, _ := os.ReadFile("/proc/sys/net/netfilter/nf_conntrack_" + name)
		n, _ := strconv.Atoi(strings.TrimSpace(string(text)))
		return float64(n)
	}
	return read("count") / max(read("max"), 1)
}

// AwaitRoom waits for tests before this one, or beside it, to be forgotten by that table, and says at
// the end of a test that failed if there was no room.
func AwaitRoom(t testing.TB) {
	t.Helper()
	const enough, forgotten = 0.6, 150 * time.Second
	for deadline := time.Now().Add(forgotten); Tracked() > enough && time.Now().Before(deadline); {
		time.Sleep(time.Second)
	}
	t.Cleanup(func() {
		if t.Failed() && Tracked() > 0.9 {
			t.Log("the kernel tracks as many connections as it can, and may have dropped packets: run fewer tests at once")
		}
	})
}
