package programs

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"os/exec"
	"strings"
	"testing"

	"weir/test/rig"
)

// startRedis returns the address of a Redis that keeps nothing.
func startRedis(t *testing.T) string {
	t.Helper()
	addr := rig.FreeAddress(t)
	host, port := split(t, addr)
	p := start(t, exec.Command(find(t, "redis-server", "redis-server"), "--bind", host, "--port", port, "--save", "", "--appendonly", "no", "--dir", t.TempDir()))
	p.await(t, "tcp", addr)
	return addr
}

func TestRedis(t *testing.T) {
	t.Parallel()
	_, addr := front(t, "", startRedis(t))
	host, port := split(t, addr)
	cli := find(t, "redis-cli", "redis-tools")

	// What goes in comes out, also when it is large.
	value := make([]byte, 8<<20)
	rand.Read(value)
	set := exec.Command(cli, "-h", host, "-p", port, "-x", "SET", "large")
	text := hex.EncodeToString(value)
	set.Stdin = bytes.NewBufferString(text)
	if got := strings.TrimSpace(run(t, set)); got != "OK" {
		t.Fatalf("SET: got %q, want OK", got)
	}
	if got := strings.TrimSpace(run(t, exec.Command(cli, "-h", host, "-p", port, "GET", "large"))); got != text {
		t.Errorf("GET: got %d bytes that are not the %d that were set", len(got), len(text))
	}

	bench := find(t, "redis-benchmark", "redis-tools")
	for _, how := range [][]string{
		{"-c", "50"},
		{"-c", "50", "-P", "16"}, // pipelined
		{"-c", "20", "-k", "0"},  // a connection for each request
	} {
		args := append([]string{"-h", host, "-p", port, "-n", "10000", "-q", "--csv", "-t", "set,get,lpush,lpop,mset"}, how...)
		out := run(t, exec.Command(bench, args...))
		for _, test := range []string{"SET", "GET", "LPUSH", "LPOP", "MSET"} {
			if !strings.Contains(out, `"`+test) {
				t.Errorf("redis-benchmark %v didn't finish %s:\n%s", how, test, out)
			}
		}
		if strings.Contains(out, "rror") {
			t.Errorf("redis-benchmark %v:\n%s", how, out)
		}
	}
}
