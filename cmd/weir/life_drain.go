package main

import (
	"context"
	"os"
	"sync"

	"weir/proxy/session"
	"weir/upgrade"
)

// drain ends a process whose successor serves: it accepts no more, and its connections may go on for
// upgrade_grace. Process 1 stays for as long as there is a newer one, as all others would end with it.
func (l *life) drain(ctx context.Context, next *upgrade.Successor) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l.warn("systemd doesn't know the new process", upgrade.NotifySuccessor(next.PID()))
	l.elders.Close() // they are the new one's
	grace := l.process().UpgradeGrace
	l.log.Info("upgraded, the new process serves", "pid", next.PID(), "grace", spell(grace))
	l.b.handOver()

	d := &drain{
		life:     l,
		first:    os.Getpid() == 1,
		newest:   next.PID(),
		patience: newPatience(ctx),
		events:   make(chan upgrade.Event),
	}
	defer d.patience.stop()
	d.patience.within(grace, session.Upgraded)
	var parts sync.WaitGroup
	parts.Go(func() { d.hear(ctx, next) })
	drained := make(chan struct{})
	parts.Go(func() {
		defer close(drained)
		finished, cut := l.b.server.Finish(d.patience, session.Upgraded)
		l.join()
		l.logEnd(finished, cut)
		next.Drained()
	})
	status := d.wait(drained)
	cancel()
	parts.Wait()
	next.Close()
	l.removePIDFile() // if the new one has it elsewhere
	if status != nil {
		return status
	}
	return l.failure
}

// A drain is a process that has handed over.
type drain struct {
	*life
	first    bool // it is process 1
	newest   int  // pid; 0: it is gone
	patience *patience
	events   chan upgrade.Event
	asked    bool // to end, by a signal or the newest
}

// hear takes what newer generations say, to the end.
func (d *drain) hear(ctx context.Context, next *upgrade.Successor) {
	for {
		event, err := next.Next(ctx)
		if err != nil {
			return
		}
		select {
		case d.events <- event:
		case <-ctx.Done():
			return
		}
		if event.Gone != nil {
			return
		}
	}
}

// wait returns once the connections have ended and, for process 1, the newest process too: with its
// exit code as an error, unless that is 0.
func (d *drain) wait(drained <-chan struct{}) error {
	if d.first {
		d.signals.passQuit()
	}
	var gone *upgrade.Exit
	for {
		if drained == nil && (!d.first || gone != nil) {
			if d.first && gone.Code != exitOK {
				return exitStatus(gone.Code)
			}
			return nil
		}
		select {
		case <-drained:
			drained = nil
			if d.first && gone == nil {
				d.log.Info("staying as process 1 for the newer ones", "pid", d.newest)
			}
		case sig := <-d.signals.end:
			d.stopFor(sig)
		case sig := <-d.signals.reload:
			d.passOn(sig)
		case sig := <-d.signals.upgrade:
			d.passOn(sig)
		case sig := <-d.signals.rest:
			if d.first {
				d.passOn(sig)
			}
		case event := <-d.events:
			switch {
			case event.Serving != 0:
				d.newest = event.Serving
			case event.Stop != nil:
				d.stop("the newest process ends", *event.Stop)
			case event.Gone != nil:
				gone, d.newest = event.Gone, 0
				d.lost(*gone)
			}
		}
	}
}
