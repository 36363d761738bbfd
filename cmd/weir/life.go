package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"weir/config"
	"weir/proxy"
	"weir/upgrade"
)

// A life is what one process goes through: it starts, perhaps by taking over from another one, serves,
// and ends, by shutting down or by handing over to the next and draining. One goroutine walks through it.
type life struct {
	log           hclog.Logger
	out           io.Writer // of the log
	path          string    // of the configuration
	program       string    // path of this program
	upgradeWithin time.Duration
	began         time.Time
	signals       signals
	reaper        *upgrade.Reaper

	before  *upgrade.Predecessor // nil unless another process serves, from which this one is to take over
	elders  *upgrade.Elders      // those that drain, once this one serves
	pidFile string               // that was written; empty: none
	b       *balancer
	end     context.CancelFunc // of the balancer's run
	ended   chan struct{}      // closed when that has returned, which before the end it does only in failure
	failure error              // of it; read after ended
}

// A signalled is the error of what a signal has broken off.
type signalled struct{ os.Signal }

func (s signalled) Error() string { return "got the signal " + s.String() }

// run lives it all. It returns what the process is to end with.
func (l *life) run(ctx context.Context, conf *config.Config, relay proxy.Kind) error {
	ctx, cancel := context.WithCancel(ctx)
	var parts sync.WaitGroup
	defer parts.Wait()
	defer cancel()
	l.reaper = upgrade.NewReaper()
	parts.Go(func() { l.reaper.Run(ctx) })

	err := l.build(conf, relay)
	if err == nil {
		l.begin(ctx)
		err = l.live(ctx)
	}
	if err != nil && l.before != nil {
		l.before.Fail(err)
	}
	if _, ok := errors.AsType[exitStatus](err); err != nil && !ok {
		err = runtimeError{err}
	}
	return err
}

// build binds everything.
func (l *life) build(conf *config.Config, relay proxy.Kind) error {
	b, err := newBalancer(conf, relay, l.inherited(), l.log)
	if err != nil {
		return err
	}
	l.b = b
	if l.before != nil {
		b.hold()
	}
	tune(relay)
	return nil
}

// begin runs the balancer until join.
func (l *life) begin(ctx context.Context) {
	ctx, l.end = context.WithCancel(ctx)
	l.ended = make(chan struct{})
	go func() {
		defer close(l.ended)
		l.failure = l.b.run(ctx)
	}()
}

// join ends the balancer. It may be called again.
func (l *life) join() error {
	l.end()
	<-l.ended
	return l.failure
}

// live starts, serves and ends.
func (l *life) live(ctx context.Context) error {
	var next *upgrade.Successor
	err := l.start(ctx)
	if err == nil {
		next, err = l.serve(ctx)
	}
	if next != nil {
		return l.drain(ctx, next)
	}
	if stop, ok := errors.AsType[signalled](err); ok && l.before == nil {
		l.shutdown(ctx, stop.Signal)
		err = nil
	}
	if failure := l.join(); failure != nil {
		err = failure
	}
	l.depart(err)
	return err
}

// depart is the last thing that the newest generation does.
func (l *life) depart(err error) {
	l.removePIDFile()
	code := exitOK
	if err != nil {
		code = exitRuntime
	}
	l.elders.Ended(code)
	l.elders.Close()
}

// attend does what may take long, until a signal to end or the failure of a part breaks it off.
func (l *life) attend(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- do(ctx) }()
	select {
	case err := <-done:
		return err
	case sig := <-l.signals.end:
		cancel()
		<-done
		return signalled{sig}
	case <-l.ended:
		cancel()
		<-done
		return l.partFailed()
	}
}

// partFailed is why the balancer has ended by itself.
func (l *life) partFailed() error {
	if l.failure != nil {
		return l.failure
	}
	return errors.New("the balancer has ended")
}

// process is what the configuration in force says of it.
func (l *life) process() config.Process { return l.b.inForce().Process }

// warn logs what is a pity, and no more.
func (l *life) warn(what string, err error) {
	if err != nil {
		l.log.Warn(what, "error", err)
	}
}

// exitStatus is the error of a process that is to end with another one's exit code.
type exitStatus int

func (e exitStatus) Error() string { return fmt.Sprintf("exit code %d", int(e)) }
