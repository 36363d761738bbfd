package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestNarrate(t *testing.T) {
	journal := newDemoJournal(time.Now())
	log := newDemoLog(demoLog{journal: journal, ends: newDemoEnds(), fall: 4}, false, nil).Named("x").With("service", "web")
	log.Debug("heartbeat failed", "backend", "blue")
	log.Info("backend down", "backend", "blue", "address", "127.0.0.1:1", "reason", "timed out after 1s")
	log.Info("eligible set changed", "eligible", 2, "of", 5, "removed", []string{"blue", "red"})
	log.Warn("something else", "listener", "web", "left", 3)
	want := []string{
		"weir: blue is down after 4 bad heartbeats: timed out after 1s",
		"weir: 2 of 5 backends eligible, removed blue and red",
		"weir: something else left=3",
	}
	notes := journal.take()
	if len(notes) != len(want) {
		t.Fatalf("got %v, want %q", notes, want)
	}
	for i, n := range notes {
		if n.text != want[i] {
			t.Errorf("got %q, want %q", n.text, want[i])
		}
	}
	if again := journal.take(); len(again) > 0 {
		t.Errorf("taken twice: %v", again)
	}
}

func TestDemoVerboseLog(t *testing.T) {
	var w bytes.Buffer
	log := newDemoLog(demoLog{journal: newDemoJournal(time.Now()), ends: newDemoEnds()}, true, &w)
	log.Named("proxy").Info("listening", "address", "127.0.0.1:1")
	log.Debug("connection finished", "client", "127.0.0.1:2", "instance", "blue")
	if got := w.String(); !strings.Contains(got, "weir.proxy: listening: address=127.0.0.1:1") || strings.Contains(got, "finished") {
		t.Errorf("got %q, want weir's line, and none below info", got)
	}
}

func TestDemoEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newDemoEnds()
		e.add(demoEnd{client: "a", backend: "blue"})
		e.add(demoEnd{client: "a", backend: "green"}) // the port was used again
		if got := e.backend(t.Context(), "a"); got != "green" {
			t.Errorf("told twice: got %q, want the newest", got)
		}
		began := time.Now()
		if got := e.backend(t.Context(), "b"); got != "" || time.Since(began) != endPatience {
			t.Errorf("never told: got %q after %s, want nothing after %s", got, time.Since(began), endPatience)
		}
		go func() {
			e.add(demoEnd{client: "c", backend: "blue"})
			time.Sleep(endPatience / 2)
			e.add(demoEnd{client: "b", backend: "red"})
		}()
		if got := e.backend(t.Context(), "b"); got != "red" {
			t.Errorf("told late: got %q, want %q", got, "red")
		}
		for i := range len(e.recent) {
			e.add(demoEnd{client: fmt.Sprint(i), backend: fmt.Sprint("backend ", i)})
		}
		if got := e.backend(t.Context(), "0"); got != "backend 0" {
			t.Errorf("the oldest remembered: got %q", got)
		}
		if got := e.backend(t.Context(), "b"); got != "" {
			t.Errorf("forgotten: got %q", got)
		}
	})
}
