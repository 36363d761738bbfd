package main

import (
	"context"
	"os"
	"time"

	"weir/upgrade"
)

// An attempted is how an upgrade went.
type attempted struct {
	next  *upgrade.Successor // serves, if err is nil
	began time.Time
	err   error
}

// attempt starts the next generation and gives it the service, unless it fails or ctx ends before.
func (l *life) attempt(ctx context.Context, done chan<- attempted) {
	began := time.Now()
	next, err := l.handOver(ctx)
	done <- attempted{next, began, err}
}

func (l *life) handOver(ctx context.Context) (*upgrade.Successor, error) {
	l.log.Info("upgrade: starting the new process", "path", l.program)
	var sockets []upgrade.Socket
	for _, s := range l.b.sockets() {
		sockets = append(sockets, upgrade.Socket{AddrPort: s.Address.AddrPort, Path: s.Address.Path, FD: s.FD, Remove: s.Remove})
	}
	next, err := upgrade.Start(l.reaper, upgrade.Options{
		Path:    l.program,
		Args:    os.Args[1:],
		Env:     os.Environ(),
		Sockets: sockets,
		Elders:  l.elders,
		Within:  l.upgradeWithin,
		Stderr:  l.out,
	})
	if err != nil {
		return nil, err
	}
	if err := next.Await(ctx); err != nil {
		return nil, err
	}
	// From here on it may have clients: it is not broken off any more.
	if err := next.HandOver(context.WithoutCancel(ctx)); err != nil {
		return nil, err
	}
	return next, nil
}
