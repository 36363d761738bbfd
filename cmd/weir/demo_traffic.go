package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	demoPace     = 10 * time.Millisecond // between two requests
	demoPatience = 3 * time.Second       // of one request: above a failed connect and its retries
	// Weir logs a connection's end about when the client sees it.
	endPatience = time.Second
)

// demoTraffic sends the demo's requests, each on a new connection.
type demoTraffic struct {
	addr    string
	stage   *demoStage
	ends    *demoEnds
	tally   *demoTally
	journal *demoJournal
}

// run sends one request after the other until ctx ends, and returns when each
// has its answer or has failed.
func (t *demoTraffic) run(ctx context.Context) {
	var underway sync.WaitGroup
	defer underway.Wait()
	tick := time.NewTicker(demoPace)
	defer tick.Stop()
	ctxRequests := context.WithoutCancel(ctx) // what was begun ends in its own time
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			underway.Go(func() { t.request(ctxRequests) })
		}
	}
}

// request sends one request and counts what becomes of it.
func (t *demoTraffic) request(ctx context.Context) {
	began := time.Now()
	name, client, err := askBackend(ctx, t.addr)
	if err == nil {
		i, ok := t.stage.index(name)
		if ok {
			t.tally.answered(i)
			return
		}
		err = fmt.Errorf("answer %.20q is no backend's name", name)
	}
	if client != "" {
		joined := t.ends.backend(ctx, client)
		if t.stage.killedSince(joined, began) {
			t.tally.cut()
			t.journal.note("demo: a connection was cut, as its own backend, %s, was killed", joined)
			return
		}
	}
	t.tally.failed()
	t.journal.note("demo: a request FAILED: %v", err)
}

// askBackend sends one request on a connection of its own and returns the full
// answer. The client is the connection's own address, "" without a connection.
func askBackend(ctx context.Context, addr string) (name, client string, err error) {
	ctx, cancel := context.WithTimeout(ctx, demoPatience)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return "", "", err
	}
	defer conn.Close()
	client = conn.LocalAddr().String()
	deadline, _ := ctx.Deadline() // it has one
	conn.SetDeadline(deadline)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/", nil)
	if err != nil {
		return "", client, err
	}
	req.Close = true
	if err := req.Write(conn); err != nil {
		return "", client, err
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), req)
	if err != nil {
		return "", client, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", client, err
	}
	if resp.StatusCode != http.StatusOK {
		return "", client, fmt.Errorf("answer %s", resp.Status)
	}
	return strings.TrimSpace(string(body)), client, nil
}
