package main

import (
	"context"
	"os"
	"sync"
	"time"

	"weir/config"
	"weir/proxy/session"
	"weir/upgrade"
)

// elderLeeway is how long the newest process waits for the older ones to end beyond the time that
// they have for it: under systemd they end with it, by SIGKILL.
const elderLeeway = 2 * time.Second

// shutdown closes the listeners, and lets connections finish for shutdown_grace, those of older
// generations too. A second signal ends all at once.
func (l *life) shutdown(ctx context.Context, sig os.Signal) {
	delay, grace := l.process().ShutdownDelay, l.process().ShutdownGrace
	whole := config.Forever // for both; sums must not overflow
	if grace < config.Forever-delay {
		whole = delay + grace
	}
	l.warn("systemd doesn't know that weir ends", upgrade.NotifyStopping())
	l.elders.Stop(whole)

	p := newPatience(ctx)
	defer p.stop()
	var impatience sync.WaitGroup
	defer impatience.Wait()
	over := make(chan struct{})
	defer close(over)
	impatience.Go(func() {
		select {
		case sig := <-l.signals.end:
			l.log.Warn("ending at once", "signal", sig.String())
			l.elders.Stop(0)
			p.within(0, session.Shutdown)
		case <-over:
		}
	})

	if delay > 0 {
		l.log.Info("shutting down, still accepting connections", "signal", sig.String(), "delay", delay.String())
		wait := time.NewTimer(delay)
		select {
		case <-wait.C:
		case <-p.Done():
		}
		wait.Stop()
	}
	l.log.Info("shutting down, live connections may finish", "signal", sig.String(), "grace", spell(grace))
	p.within(grace, session.Shutdown)
	finished, cut := l.b.server.Shutdown(p)
	l.join()
	l.awaitElders(p)
	l.logEnd(finished, cut)
}

// awaitElders returns when no older generation has a connection any more, or soon after ctx ends.
func (l *life) awaitElders(ctx context.Context) {
	leeway, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(elderLeeway, cancel)
		context.AfterFunc(leeway, func() { timer.Stop() })
	})
	defer stop()
	l.warn("older processes still have connections", l.elders.Drained(leeway))
}
