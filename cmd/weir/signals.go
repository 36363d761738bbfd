package main

import (
	"os"
	"os/signal"
	"syscall"
)

// Signals are those that weir acts on.
type signals struct {
	end     chan os.Signal // SIGTERM, SIGINT
	reload  chan os.Signal // SIGHUP
	upgrade chan os.Signal // SIGUSR2
	rest    chan os.Signal // only to be passed on: SIGUSR1, which is reserved
}

// catchSignals makes no signal end the process by itself but SIGQUIT, until stop is called.
func catchSignals() (s signals, stop func()) {
	// A log that nobody reads any more is no reason to cut connections.
	signal.Ignore(syscall.SIGPIPE)
	s = signals{
		end:     make(chan os.Signal, 2), // both signals that may come, however late we look
		reload:  make(chan os.Signal, 1), // more of them mean the same
		upgrade: make(chan os.Signal, 1),
		rest:    make(chan os.Signal, 1),
	}
	signal.Notify(s.end, syscall.SIGTERM, syscall.SIGINT)
	signal.Notify(s.reload, syscall.SIGHUP)
	signal.Notify(s.upgrade, syscall.SIGUSR2)
	signal.Notify(s.rest, syscall.SIGUSR1)
	return s, func() {
		for _, c := range []chan os.Signal{s.end, s.reload, s.upgrade, s.rest} {
			signal.Stop(c)
		}
	}
}

// passQuit has SIGQUIT passed on as well, which as a rule dumps the stacks of the process that gets it.
func (s signals) passQuit() { signal.Notify(s.rest, syscall.SIGQUIT) }
