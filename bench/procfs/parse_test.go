package procfs

import (
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	const text = "4242 (a) b (c) S 17 4242 4242 0 -1 4194304 123 0 0 0 150 25 3 4 20 0 5 0 1234 5678 90 18446744073709551615\n"
	got, err := parseStat(text)
	want := stat{parent: 17, cpu: 1750 * time.Millisecond}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	for _, wrong := range []string{"", "4242 (a) S 17", "1 (a) S x 1 1 0 -1 0 0 0 0 0 1 2 3"} {
		if got, err := parseStat(wrong); err == nil {
			t.Errorf("%q: got %+v, want an error", wrong, got)
		}
	}
}

func TestParseSchedstat(t *testing.T) {
	got, err := parseSchedstat("123456789 4242 17\n")
	if want := 123456789 * time.Nanosecond; err != nil || got != want {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if got, err := parseSchedstat("\n"); err == nil {
		t.Errorf("got %v, want an error", got)
	}
}

func TestParseResident(t *testing.T) {
	got, err := parseResident("Name:\tweir\nVmHWM:\t   99 kB\nVmRSS:\t   12345 kB\nThreads:\t7\n")
	if want := int64(12345 << 10); err != nil || got != want {
		t.Errorf("got %d, %v, want %d", got, err, want)
	}
	for _, wrong := range []string{"Name:\tkthreadd\n", "VmRSS:\tmuch kB\n", "VmRSS:\t3 MB\n"} {
		if got, err := parseResident(wrong); err == nil {
			t.Errorf("%q: got %d, want an error", wrong, got)
		}
	}
}

func TestParseSnmp(t *testing.T) {
	const text = "Ip: Forwarding OutSegs\nIp: 1 2\n" +
		"Tcp: RtoAlgorithm MaxConn InSegs OutSegs RetransSegs\nTcp: 1 -1 111 222 3\n" +
		"Udp: OutSegs\nUdp: 9\n"
	got, err := parseSnmp(text, "Tcp", "OutSegs")
	if err != nil || got != 222 {
		t.Errorf("got %d, %v, want 222", got, err)
	}
	if got, err := parseSnmp(text, "Tcp", "Nonsense"); err == nil {
		t.Errorf("got %d, want an error", got)
	}
	if got, err := parseSnmp("Tcp: OutSegs\nTcp:\n", "Tcp", "OutSegs"); err == nil {
		t.Errorf("a value is missing: got %d, want an error", got)
	}
}
