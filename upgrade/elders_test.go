package upgrade

import (
	"context"
	"errors"
	"io"
	"os"
	"testing"
	"time"
)

// newElder returns a channel as the newest holds it, and the older one's end.
func newElder(t *testing.T) (newest, older *channel) {
	t.Helper()
	older, fd, err := newPair()
	if err != nil {
		t.Fatal(err)
	}
	newest, err = newChannel(fd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		newest.close()
		older.close()
	})
	return newest, older
}

func hears(t *testing.T, older *channel, want message) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if got, err := older.receive(ctx); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestElders(t *testing.T) {
	toA, a := newElder(t)
	toB, b := newElder(t)
	toC, c := newElder(t)
	e := &Elders{channels: []*channel{toA, toB, toC}}
	b.close() // that one has ended
	e.Serving()
	if len(e.channels) != 2 {
		t.Errorf("got %d elders, want the two that are left", len(e.channels))
	}
	e.Stop(time.Second)
	for _, elder := range []*channel{a, c} {
		hears(t, elder, message{Kind: kindServing, PID: os.Getpid()})
		hears(t, elder, message{Kind: kindStop, Grace: time.Second})
	}

	// One ends, the other stays only to listen.
	drained := make(chan error, 1)
	go func() { drained <- e.Drained(context.Background()) }()
	a.close()
	select {
	case err := <-drained:
		t.Fatalf("drained with one left: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	c.endWrites()
	if err := <-drained; err != nil {
		t.Error(err)
	}
	e.Ended(9)
	hears(t, c, message{Kind: kindEnded, Code: 9})
	e.Close()
	if _, err := c.receive(t.Context()); err != io.EOF {
		t.Errorf("got %v, want the end", err)
	}
}

func TestDrainedGivesUp(t *testing.T) {
	newest, _ := newElder(t)
	e := &Elders{channels: []*channel{newest}}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := e.Drained(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want that the time was over", err)
	}
}

// The first generation has none.
func TestNoElders(t *testing.T) {
	for _, e := range []*Elders{nil, {}} {
		e.Serving()
		e.Stop(0)
		e.Ended(0)
		e.Close()
		if err := e.Drained(t.Context()); err != nil || e.Some() {
			t.Errorf("got %v, %v, want none", err, e.Some())
		}
	}
}
