package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"weir/proxy"
	"weir/upgrade"
)

// startPatience is how long a process that takes over from no other waits to be ready before it says
// that it serves: a little more than its listeners wait.
const startPatience = maxStartWait + time.Second

// inherited are the sockets of the process before this one, or else those of systemd.
func (l *life) inherited() []proxy.Socket {
	var sockets []upgrade.Socket
	if l.before != nil {
		sockets = l.before.Sockets()
		l.log.Info("taking over", "sockets", len(sockets))
	} else {
		var errs []error
		sockets, errs = upgrade.Activated()
		for _, err := range errs {
			l.log.Warn("socket left alone", "error", err)
		}
	}
	inherited := make([]proxy.Socket, len(sockets))
	for i, s := range sockets {
		inherited[i] = proxy.Socket{Address: proxy.Address{AddrPort: s.AddrPort, Path: s.Path}, FD: s.FD, Remove: s.Remove}
	}
	return inherited
}

// start returns nil once this process has the service.
func (l *life) start(ctx context.Context) error {
	err := l.attend(ctx, l.takeOver)
	if err != nil {
		return err
	}
	l.before = nil
	l.b.keep()
	l.writePIDFile()
	l.log.Info("serving", "pid", os.Getpid())
	if l.elders.Some() {
		l.report(result{Action: actionUpgrade, Began: l.began, OK: true, Message: fmt.Sprintf("upgraded: process %d serves", os.Getpid())})
		l.elders.Serving() // the process before this one tells systemd, which knows that one
		return nil
	}
	l.warn("systemd doesn't know that weir serves", upgrade.NotifyReady())
	return nil
}

// takeOver waits until this process is ready, and is given the service if another has it.
func (l *life) takeOver(ctx context.Context) error {
	within := startPatience
	if l.before != nil {
		within = l.before.Within() * 9 / 10 // to say what is missing, while somebody listens
	}
	wait, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if l.before != nil && l.b.awaitServices(wait) == nil {
		l.b.release() // only now, as who is accepted is not to be reset if this comes to nothing
	}
	err := l.b.awaitReady(wait)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case l.before == nil:
		return nil // it serves what it can, and has said what it can't
	case err != nil:
		return fmt.Errorf("not ready within %s: %w", within.Round(time.Millisecond), err)
	}
	l.elders, err = l.before.Ready(ctx)
	if errors.Is(err, upgrade.ErrOrphan) {
		l.log.Warn("the process before this one is gone, this one serves without its word")
		return nil
	}
	return err
}
