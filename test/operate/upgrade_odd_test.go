package operate

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"weir/test/rig"
)

// Clients who wait in the kernel's queue because weir is full are the next generation's.
func TestUpgradeWhenFull(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.plan.process += "\nmax_connections = 20"
	s.run()
	s.open(s.addr, 20)
	waiting := make(chan rig.Result)
	for range 10 {
		go func() { waiting <- rig.Get(t.Context(), s.addr) }()
	}
	s.weir.Await(t, 0, "no room for more connections, they wait", nil)
	select {
	case r := <-waiting:
		t.Fatalf("answered beyond the limit: %+v", r)
	case <-time.After(200 * time.Millisecond): // they do wait
	}
	s.upgrade(false)
	for range 10 {
		if r := <-waiting; r.Err != nil {
			t.Errorf("a client who waited: %v", r.Err)
		}
	}
	s.steady()
	s.stopStreams()
}

// SIGTERM ends weir also while an upgrade hangs, with the process that hangs.
func TestShutdownWhileUpgrading(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.run()
	mark := s.weir.Mark()
	s.weir.Replace(t, []byte("#!/bin/sh\nexec sleep 600\n"), 0o700)
	s.weir.Signal(t, syscall.SIGUSR2)
	s.weir.Await(t, mark, "upgrade: starting the new process", nil)
	s.until("a process that hangs", func() error {
		if n := len(s.weir.Generations()); n != 2 {
			return fmt.Errorf("%d processes", n)
		}
		return nil
	})
	if code := s.weir.Stop(t); code != 0 {
		t.Errorf("exit code: got %d, want 0", code)
	}
}

// An upgrade to a configuration that can't be had leaves all as it was.
func TestUpgradeWithBadConfiguration(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.run()
	s.open(s.addr, 10)
	good := s.plan
	taken := rig.StartBackend(t, "alien")
	for _, c := range []struct {
		says   string
		change func(*plan)
	}{
		{"colour", func(p *plan) { p.raw = "colour = 1\n" }},
		{"in use", func(p *plan) {
			p.listeners["more"] = listenerPlan{bind: fmt.Sprintf("%s:%d", taken.Host, taken.Port), service: "web"}
		}},
	} {
		next := good.copy()
		c.change(&next)
		s.weir.Configure(t, next.text())
		s.upgradeFails(broken{name: "can't have its configuration", says: c.says}, false)
	}
	s.plan = good
	s.upgrade(true)
	s.stopStreams()
}
