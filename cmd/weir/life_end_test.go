package main

import (
	"net"
	"syscall"
	"testing"
	"time"
)

// Between the signal and the closing of the listeners there is shutdown_delay, in which connections are
// still accepted. Then those that there are may finish.
func TestShutdownDelay(t *testing.T) {
	l := newLifeRig(t)
	l.process = "shutdown_delay = \"500ms\"\n  shutdown_grace = \"forever\""
	l.start()
	k := l.talk()
	began := time.Now()
	l.signal(l.pid(), syscall.SIGTERM)
	l.await("shutting down, still accepting connections", nil)
	late := l.talk()
	line := l.await("shutting down, live connections may finish", nil)
	if took := time.Since(began); took < 500*time.Millisecond || line["grace"] != "forever" {
		t.Errorf("got %v after %s, want the grace to be forever, after half a second", line, took)
	}
	eventually(t, "the listener to close", func() bool {
		conn, err := net.Dial("tcp", l.addr)
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	k.say()
	late.say()
	k.conn.Close()
	late.conn.Close()
	if code := l.wait(); code != 0 {
		t.Errorf("exit code: got %d, want 0", code)
	}
	if line := l.await("ended", nil); line["connections_finished"] != 2.0 || line["connections_cut"] != 0.0 {
		t.Errorf("got %v, want 2 finished and 0 cut", line)
	}
}

// A second signal ends all at once: in the delay, in the grace, and in older generations.
func TestSecondSignal(t *testing.T) {
	for _, c := range []struct {
		name, process, message string
		upgrades               int
	}{
		{"in the delay", `shutdown_delay = "1h"`, "shutting down, still accepting connections", 0},
		{"in the grace", `shutdown_grace = "1h"`, "shutting down, live connections may finish", 0},
		{"with older generations", `shutdown_grace = "forever"`, "shutting down, live connections may finish", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLifeRig(t)
			l.process = c.process
			l.start()
			talks := []*lifeTalk{l.talk()}
			for range c.upgrades {
				l.upgrade()
				talks = append(talks, l.talk())
			}
			l.signal(l.pid(), syscall.SIGTERM)
			eventually(t, "all to shut down", func() bool { return len(l.find(c.message, nil)) == len(talks) })
			for _, k := range talks {
				k.say()
			}
			l.signal(l.pid(), syscall.SIGINT)
			for _, k := range talks {
				k.reset()
			}
			if code := l.wait(); code != 0 {
				t.Errorf("exit code: got %d, want 0", code)
			}
		})
	}
}

// A generation that drains takes a signal as meant for itself, twice as well.
func TestSignalsToDraining(t *testing.T) {
	l := newLifeRig(t)
	l.start()
	k := l.talk()
	first := l.pid()
	l.upgrade()
	newest := l.talk()
	l.signal(first, syscall.SIGUSR1) // reserved, and ignored
	l.signal(first, syscall.SIGTERM)
	l.await("shutting down, live connections may finish", nil)
	k.say()
	l.signal(first, syscall.SIGTERM)
	k.reset()
	eventually(t, "it to end", func() bool { return len(l.generations()) == 1 })
	newest.say()
}
