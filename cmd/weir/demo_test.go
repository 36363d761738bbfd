package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// emptyTemp makes the demo's temporary folder appear in one that must be empty
// at the end, and catches goroutines left behind.
func emptyTemp(t *testing.T) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Cleanup(func() {
		goleak.VerifyNone(t, before)
		left, err := os.ReadDir(dir)
		if err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, error %v", left, err)
		}
	})
}

func TestDemoShowsEveryStep(t *testing.T) {
	emptyTemp(t)
	var out, logs bytes.Buffer
	if code := execute(t.Context(), []string{"demo", "--for", "6s"}, &out, &logs); code != exitOK {
		t.Fatalf("exit code: got %d, want %d; output:\n%s%s", code, exitOK, &out, &logs)
	}
	text := out.String()
	inOrder(t, text,
		"weir: 3 of 3 backends eligible, added",
		"demo: sending 100 requests a second",
		"demo: killed blue",
		"weir: blue is down after 3 bad heartbeats: connection refused",
		"2 of 3 backends eligible, removed blue",
		"demo: brought back blue",
		"weir: blue is up",
		"3 of 3 backends eligible, added blue",
		"demo: changed the weight of red from 2 to 12",
		"3 of 3 backends eligible, reweighted red:2->12",
		"failed: 0")
	if logs.Len() > 0 {
		t.Errorf("standard error: got %q, want nothing", &logs)
	}

	all := summaryRow(t, text, "all up, weights 5 3 2")
	if blue, green, red := all[0], all[1], all[2]; !(blue > green && green > red && red > 0) {
		t.Errorf("weights 5, 3 and 2: got %v connections", all)
	}
	killed := summaryRow(t, text, "blue killed")
	if blue, others := killed[0], killed[1]+killed[2]; blue*5 > others || killed[1] <= killed[2] {
		t.Errorf("without blue: got %v connections", killed)
	}
	if back := summaryRow(t, text, "blue brought back"); back[0] == 0 {
		t.Errorf("with blue again: got %v connections", back)
	}
	if heavy := summaryRow(t, text, "red at weight 12"); heavy[2] <= heavy[0] || heavy[0] <= heavy[1] {
		t.Errorf("weights 5, 3 and 12: got %v connections", heavy)
	}

	addr := regexp.MustCompile(`curl http://(\S+)/`).FindStringSubmatch(text)
	if addr == nil {
		t.Fatalf("no curl command in:\n%s", text)
	}
	if conn, err := net.Dial("tcp", addr[1]); err == nil {
		conn.Close()
		t.Errorf("%s still listens after the demo", addr[1])
	}
}

// inOrder expects all parts in the text, each after the one before.
func inOrder(t *testing.T, text string, parts ...string) {
	t.Helper()
	rest := text
	for _, part := range parts {
		_, after, ok := strings.Cut(rest, part)
		if !ok {
			t.Fatalf("%q is missing, or out of order, in:\n%s", part, text)
		}
		rest = after
	}
}

// summaryRow returns the counts of a row, the total last.
func summaryRow(t *testing.T, text, title string) (counts []int) {
	t.Helper()
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), title)
		if !ok {
			continue
		}
		for _, field := range strings.Fields(rest) {
			n, err := strconv.Atoi(field)
			if err != nil {
				t.Fatalf("row %q: %v", line, err)
			}
			counts = append(counts, n)
		}
	}
	if len(counts) != demoBackends+1 {
		t.Fatalf("row %q: got %v in:\n%s", title, counts, text)
	}
	return counts
}

// afterText calls f as soon as the text was written.
type afterText struct {
	bytes.Buffer
	text string
	f    func()
}

func (w *afterText) Write(p []byte) (int, error) {
	n, err := w.Buffer.Write(p)
	if strings.Contains(w.String(), w.text) {
		w.f()
	}
	return n, err
}

func TestDemoEndsWhenAsked(t *testing.T) {
	emptyTemp(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := &afterText{text: "100 requests a second", f: cancel}
	if err := runDemo(ctx, demoOptions{listen: "127.0.0.1:0"}, out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "failed: 0") || strings.Contains(out.String(), "killed") {
		t.Errorf("got\n%s\nwant a summary after the first step", out)
	}
}

func TestDemoAddressTaken(t *testing.T) {
	emptyTemp(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	var stderr bytes.Buffer
	code := execute(t.Context(), []string{"demo", "--listen", ln.Addr().String()}, io.Discard, &stderr)
	if code != exitRuntime || !strings.Contains(stderr.String(), "address already in use") {
		t.Errorf("got exit code %d and %q", code, &stderr)
	}
}

func TestDemoUsage(t *testing.T) {
	for _, args := range [][]string{
		{"--for", "4s"},
		{"--for", "0s"},
		{"--for", "-1m"},
		{"--listen", "here"},
		{"--listen", "localhost:80"},
		{"--listen", "127.0.0.1:http"},
		{"--listen", "127.0.0.1:70000"},
		{"now"},
	} {
		var stderr bytes.Buffer
		if code := execute(t.Context(), append([]string{"demo"}, args...), io.Discard, &stderr); code != exitUsage {
			t.Errorf("%v: got exit code %d and %q, want %d", args, code, &stderr, exitUsage)
		}
	}
}

func TestStepLength(t *testing.T) {
	for total, want := range map[time.Duration]time.Duration{
		0:                demoStepLength,
		5 * time.Second:  1250 * time.Millisecond,
		20 * time.Second: 5 * time.Second,
		29 * time.Second: 7250 * time.Millisecond, // one cycle
		30 * time.Second: 3750 * time.Millisecond, // two
		time.Hour:        5 * time.Second,
	} {
		if got := stepLength(total); got != want {
			t.Errorf("%s: got %s, want %s", total, got, want)
		}
	}
}
