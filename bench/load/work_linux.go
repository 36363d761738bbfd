package load

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"weir/bench/origin"
)

// work has each crew work from a thread of its own, and measures the window.
func work(ctx context.Context, job Job, addrs []unix.Sockaddr, pids []int, tell func(Progress)) (Result, error) {
	counters, err := origin.OpenCounters(job.Counters)
	if err != nil {
		return Result{}, err
	}
	defer counters.Close()

	var measure, stop atomic.Bool
	var threads sync.WaitGroup
	defer threads.Wait()
	defer stop.Store(true)
	r := &running{job: job, pids: pids, counters: counters, tell: tell}
	for _, c := range job.Crews {
		w, err := newWorker(c)
		if err != nil {
			return Result{}, err
		}
		l := newLoop(w, addrs, &measure, &stop)
		r.loops = append(r.loops, l)
		threads.Go(l.run)
	}
	for _, l := range r.loops {
		select {
		case err := <-l.opened:
			if err != nil {
				return Result{}, err
			}
		case <-ctx.Done():
			return Result{}, ctx.Err()
		}
	}
	if err := r.pass(ctx, "warm", job.Warm); err != nil {
		return Result{}, err
	}
	before, err := r.mark()
	if err != nil {
		return Result{}, err
	}
	measure.Store(true)
	if err := r.pass(ctx, "measure", job.Window); err != nil {
		return Result{}, err
	}
	measure.Store(false)
	after, err := r.mark()
	if err != nil {
		return Result{}, err
	}
	stop.Store(true)
	threads.Wait()
	return r.result(before, after), nil
}

func newWorker(c Crew) (worker, error) {
	if c.Connections < 1 || c.Size < 1 {
		return nil, fmt.Errorf("a crew needs connections and a size: %+v", c)
	}
	switch c.Kind {
	case Call, Banner:
		return newCaller(c), nil
	case Talk:
		return newTalker(c), nil
	case Down, Up:
		return newStreamer(c), nil
	}
	return nil, fmt.Errorf("no crew does %q", c.Kind)
}
