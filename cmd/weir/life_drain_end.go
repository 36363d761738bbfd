package main

import (
	"os"
	"time"

	"github.com/hashicorp/go-hclog"

	"weir/proxy/session"
	"weir/upgrade"
)

// stopFor acts on SIGTERM and SIGINT. Process 1 gets them for all: the newest process then tells
// the older ones.
func (d *drain) stopFor(sig os.Signal) {
	switch {
	case d.first && d.newest != 0:
		d.pass(d.newest, sig)
	case d.asked:
		d.stop(sig.String(), 0)
	default:
		d.stop(sig.String(), d.process().ShutdownGrace)
	}
}

// stop has the connections end within that time.
func (d *drain) stop(why string, grace time.Duration) {
	d.asked = true
	if grace > 0 {
		d.log.Info("shutting down, live connections may finish", "signal", why, "grace", spell(grace))
	} else {
		d.log.Warn("ending at once", "signal", why)
	}
	d.patience.within(grace, session.Shutdown)
}

// passOn is for signals that only the newest process can act on.
func (d *drain) passOn(sig os.Signal) {
	if d.newest == 0 {
		d.log.Warn("signal ignored: this process only drains", "signal", sig.String())
		return
	}
	d.pass(d.newest, sig)
}

// lost is called when the newest process has ended.
func (d *drain) lost(exit upgrade.Exit) {
	if !d.asked {
		d.log.Warn("the newest process has ended, nobody accepts connections", "exit_code", exit.Code, "crashed", exit.Crashed)
	}
	if d.first {
		d.patience.within(0, session.Shutdown) // whoever runs process 1 is to know, and to start it again
	}
}

// logEnd is the last line of a process.
func (l *life) logEnd(finished, cut int) {
	level := hclog.Info
	if cut > 0 {
		level = hclog.Warn
	}
	l.log.Log(level, "ended", "connections_finished", finished, "connections_cut", cut)
}
