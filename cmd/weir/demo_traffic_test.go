package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A request that dies with its backend is told from a failure by weir's own
// line about the connection.
func TestDemoCutIsNoFailure(t *testing.T) {
	emptyTemp(t)
	stage, err := newDemoStage("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer stage.close()
	asked := make(chan struct{}) // closed when a request has come
	mux := http.NewServeMux()
	mux.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "up") })
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done() // as the kill ends it
	})
	slow, err := startDemoServer("slow", mux)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range stage.backends {
		b.kill()
		if err := os.Remove(filepath.Join(stage.services(), b.name+".hcl")); err != nil {
			t.Fatal(err)
		}
	}
	stage.backends = []*demoServer{slow}
	if err := stage.define(slow, 1); err != nil {
		t.Fatal(err)
	}
	conf, err := loadConfig(stage.configFile(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	journal, ends, tally := newDemoJournal(time.Now()), newDemoEnds(), &demoTally{}
	b, err := newBalancer(conf, "", nil, newDemoLog(demoLog{journal: journal, ends: ends}, false, nil))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	running := make(chan error)
	go func() { running <- b.run(ctx) }()

	awaitListening(t, journal)
	addr := b.listeners[0].Addr().String()
	go func() {
		<-asked
		slow.kill()
	}()
	traffic := &demoTraffic{addr: addr, stage: stage, ends: ends, tally: tally, journal: journal}
	traffic.request(t.Context())
	if got := tally.now(); got.cut != 1 || got.failed != 0 {
		t.Errorf("killed under its request: got %d cut and %d failed, want 1 and 0; notes %v", got.cut, got.failed, journal.take())
	}
	time.Sleep(time.Millisecond) // the clock must move on from the kill
	traffic.request(t.Context())
	if got := tally.now(); got.cut != 1 || got.failed != 1 {
		t.Errorf("killed before the request: got %d cut and %d failed, want still 1, and 1", got.cut, got.failed)
	}

	b.server.Shutdown(t.Context())
	cancel()
	if err := <-running; err != nil {
		t.Error(err)
	}
}

// awaitListening returns once weir listens, with one backend up.
func awaitListening(t *testing.T, journal *demoJournal) {
	t.Helper()
	for {
		for _, n := range journal.take() {
			if strings.Contains(n.text, "listening") {
				return
			}
		}
		select {
		case <-journal.changed:
		case <-time.After(10 * time.Second):
			t.Fatal("weir doesn't listen")
		}
	}
}
