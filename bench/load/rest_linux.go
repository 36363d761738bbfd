package load

import (
	"context"
	"time"

	"golang.org/x/sys/unix"

	"weir/bench/procfs"
)

// rest makes connections that exchange one message and then do nothing, and
// looks what the balancer holds for them.
func rest(ctx context.Context, job Job, addrs []unix.Sockaddr, pids []int, tell func(Progress)) (Result, error) {
	before, err := settled(ctx, pids)
	if err != nil {
		return Result{}, err
	}
	began := time.Now()
	r := &Rest{}
	note := func(err error) {
		if r.Error == "" {
			r.Error = err.Error()
		}
	}
	var fds []int
	defer func() {
		for _, fd := range fds {
			unix.Close(fd)
		}
	}()
	for i := range job.Rest {
		if ctx.Err() != nil {
			return Result{}, ctx.Err()
		}
		fd, err := dial(addrs[i%len(addrs)])
		if err != nil {
			note(err)
			break // the next would fail too
		}
		fds = append(fds, fd)
		if err := exchange(fd); err != nil {
			note(err)
			break
		}
		if i%500 == 0 {
			tell(Progress{"connect", float64(i) / time.Since(began).Seconds()})
		}
	}
	tell(Progress{Phase: "rest"})
	after, err := settled(ctx, pids)
	if err != nil {
		return Result{}, err
	}
	for _, fd := range fds { // held is what can still be used
		if err := exchange(fd); err != nil {
			note(err)
		} else {
			r.Held++
		}
	}
	if n := float64(len(fds)); n > 0 {
		r.Bytes = float64(after.Resident-before.Resident) / n
		r.Descriptors = float64(after.Descriptors-before.Descriptors) / n
	}
	return Result{Began: began, Elapsed: time.Since(began), Rest: r}, nil
}

// settled reads the footprint once it has stopped changing, after a few seconds
// in any case.
func settled(ctx context.Context, pids []int) (procfs.Footprint, error) {
	const enough, most, every = 5, 30, 100 * time.Millisecond
	last, err := procfs.ReadFootprint(pids)
	for same, looks := 0, 0; err == nil && same < enough && looks < most; looks++ {
		select {
		case <-ctx.Done():
			return last, ctx.Err()
		case <-time.After(every):
		}
		var now procfs.Footprint
		now, err = procfs.ReadFootprint(pids)
		if now == last {
			same++
		} else {
			same = 0
		}
		last = now
	}
	return last, err
}
