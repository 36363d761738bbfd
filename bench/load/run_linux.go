package load

import (
	"context"
	"time"

	"weir/bench/procfs"
)

// startup bounds how long a balancer may take until it serves.
const startup = 10 * time.Second

// Run does a job.
func Run(ctx context.Context, job Job, tell func(Progress)) (Result, error) {
	addrs, err := resolve(job.Addrs)
	if err != nil {
		return Result{}, err
	}
	tell(Progress{Phase: "start"})
	ready, cancel := context.WithTimeout(ctx, startup)
	defer cancel()
	if err := await(ready, addrs); err != nil {
		return Result{}, err
	}
	var pids []int
	if job.Balancer != 0 {
		if pids, err = procfs.Family(job.Balancer); err != nil {
			return Result{}, err
		}
	}
	switch {
	case job.Rest > 0:
		return rest(ctx, job, addrs, pids, tell)
	case job.Count > 0:
		return segments(ctx, job, addrs, pids, tell)
	}
	return work(ctx, job, addrs, pids, tell)
}
