package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/hashicorp/go-hclog"
)

// newDemoLog is a logger for weir whose lines become the demo's notes, instead
// of tearing its table apart. With verbose they go to w as well.
func newDemoLog(sink demoLog, verbose bool, w io.Writer) hclog.Logger {
	// Debug, for the line that each connection ends with.
	log := hclog.NewInterceptLogger(&hclog.LoggerOptions{Name: "weir", Level: hclog.Debug, Output: io.Discard})
	log.RegisterSink(sink)
	if verbose {
		log.RegisterSink(hclog.NewSinkAdapter(&hclog.LoggerOptions{Level: hclog.Info, Output: w}))
	}
	return log
}

// demoLog takes weir's log lines.
type demoLog struct {
	journal *demoJournal
	ends    *demoEnds
	fall    int // heartbeats missed in a row until a backend is down
}

var _ hclog.SinkAdapter = demoLog{}

// Accept is called by any of weir's goroutines.
func (l demoLog) Accept(_ string, level hclog.Level, msg string, args ...any) {
	values := map[string]string{}
	for i := 0; i+1 < len(args); i += 2 {
		values[fmt.Sprint(args[i])] = fmt.Sprint(args[i+1])
	}
	if msg == "connection finished" {
		l.ends.add(demoEnd{client: values["client"], backend: values["instance"]})
		return
	}
	if level >= hclog.Info && msg != "limits" { // which the demo is far from
		l.journal.note("weir: %s", l.narrate(msg, values, args))
	}
}

// narrate says in a sentence what the lines that belong to the demo mean, and
// gives others as they are.
func (l demoLog) narrate(msg string, values map[string]string, args []any) string {
	switch msg {
	case "backend down":
		return fmt.Sprintf("%s is down after %d bad heartbeats: %s", values["backend"], l.fall, values["reason"])
	case "backend up":
		return fmt.Sprintf("%s is up: %s", values["backend"], values["reason"])
	case "eligible set changed":
		text := fmt.Sprintf("%s of %s backends eligible", values["eligible"], values["of"])
		for _, change := range []string{"added", "removed", "reweighted"} {
			if names := strings.Trim(values[change], "[]"); names != "" {
				text += ", " + change + " " + strings.ReplaceAll(names, " ", " and ")
			}
		}
		return text
	}
	text := msg
	for i := 0; i+1 < len(args); i += 2 {
		if key := fmt.Sprint(args[i]); key != "service" && key != "listener" { // there is but one of each
			text += fmt.Sprintf(" %s=%v", key, args[i+1])
		}
	}
	return text
}

// A demoEnd says which backend a finished connection was joined to.
type demoEnd struct {
	client  string // address
	backend string // "" if none
}

// demoEnds remembers the connections that finished last.
type demoEnds struct {
	mu      sync.Mutex // guards following
	recent  [256]demoEnd
	next    int           // place in recent of the next one
	changed chan struct{} // closed, and replaced, at each change
}

func newDemoEnds() *demoEnds { return &demoEnds{changed: make(chan struct{})} }

func (e *demoEnds) add(end demoEnd) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.recent[e.next] = end
	e.next = (e.next + 1) % len(e.recent)
	close(e.changed)
	e.changed = make(chan struct{})
}

// backend returns the backend that the connection from client was joined to. It
// waits a while for weir to tell; "" if it doesn't, or if there was none.
func (e *demoEnds) backend(ctx context.Context, client string) string {
	ctx, cancel := context.WithTimeout(ctx, endPatience)
	defer cancel()
	for {
		end, ok, changed := e.find(client)
		if ok {
			return end.backend
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ""
		}
	}
}

// find looks for the client's last connection. The channel is closed when more
// is known.
func (e *demoEnds) find(client string) (demoEnd, bool, <-chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range e.recent {
		end := e.recent[(e.next-1-i+2*len(e.recent))%len(e.recent)] // the newest first
		if end.client == client {
			return end, true, nil
		}
	}
	return demoEnd{}, false, e.changed
}
