package main

import (
	"context"
	"os"
	"syscall"

	"weir/upgrade"
)

// serve returns when the process is to end: the next generation if that serves now, or why.
func (l *life) serve(ctx context.Context) (*upgrade.Successor, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		reload, upgrading bool               // asked for, and not begun
		reloading         chan reloadOutcome // gets how it went; nil: there is none
		attempt           chan attempted     // the same of an upgrade
	)
	for {
		if reloading == nil && attempt == nil {
			switch {
			case upgrading:
				upgrading = false
				attempt = make(chan attempted, 1)
				go l.attempt(ctx, attempt)
			case reload:
				reload = false
				reloading = make(chan reloadOutcome, 1)
				go l.reload(reloading)
			}
		}
		select {
		case <-l.signals.reload:
			reload = true
			if attempt != nil {
				l.log.Info("the reload waits for the upgrade to end")
			}
		case <-l.signals.upgrade:
			switch {
			case attempt != nil:
				l.log.Warn("an upgrade is under way, there is one at a time")
				continue
			case reloading != nil:
				l.log.Info("the upgrade waits for the reload to end")
			}
			upgrading = true
		case <-l.signals.rest:
		case r := <-reloading:
			reloading = nil
			l.settle(r)
		case a := <-attempt:
			attempt = nil
			if a.err != nil {
				l.log.Error("upgrade failed, this process serves on", "error", a.err)
				l.report(result{Action: actionUpgrade, Began: a.began, Message: a.err.Error()})
				continue
			}
			if reload {
				l.pass(a.next.PID(), syscall.SIGHUP)
			}
			return a.next, nil
		case sig := <-l.signals.end:
			cancel()
			if attempt != nil {
				if a := <-attempt; a.err == nil { // it was too late to break it off
					l.pass(a.next.PID(), sig)
					return a.next, nil
				}
				l.log.Warn("upgrade broken off", "signal", sig.String())
			}
			if reloading != nil {
				l.settle(<-reloading)
			}
			return nil, signalled{sig}
		case <-l.ended:
			cancel()
			if attempt != nil {
				if a := <-attempt; a.err == nil {
					return a.next, nil
				}
			}
			if reloading != nil {
				l.settle(<-reloading)
			}
			return nil, l.partFailed()
		}
	}
}

// pass sends a signal on to a newer generation.
func (l *life) pass(pid int, sig os.Signal) {
	l.log.Info("signal passed on to the newest process", "signal", sig.String(), "pid", pid)
	p, err := os.FindProcess(pid)
	if err == nil {
		err = p.Signal(sig)
		p.Release()
	}
	l.warn("signal not passed on", err)
}
