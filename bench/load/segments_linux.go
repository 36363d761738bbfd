package load

import (
	"context"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"weir/bench/origin"
	"weir/bench/procfs"
)

// batch is how many connections wait at once for a balancer that is stopped:
// fewer than any backlog here.
const batch = 200

// segments counts the TCP segments of connections with one exchange each.
func segments(ctx context.Context, job Job, addrs []unix.Sockaddr, pids []int, tell func(Progress)) (Result, error) {
	if len(pids) == 0 {
		pids = []int{job.Origin} // without a balancer it is the origins that accept
	}
	began := time.Now()
	tell(Progress{Phase: "one by one"})
	natural, err := count(ctx, job.Count, func(i int) error {
		return probe(addrs[i%len(addrs)])
	})
	if err != nil {
		return Result{}, err
	}
	tell(Progress{Phase: "bytes first"})
	batches := max(1, job.Count/batch)
	first, err := count(ctx, batches, func(int) error { return bytesFirst(addrs, pids) })
	if err != nil {
		return Result{}, err
	}
	return Result{Began: began, Elapsed: time.Since(began), Segments: &Segments{natural, first / batch}}, nil
}

// count returns the segments sent per call of f.
func count(ctx context.Context, n int, f func(i int) error) (float64, error) {
	before, err := quiet(ctx)
	if err != nil {
		return 0, err
	}
	for i := range n {
		if err := f(i); err != nil {
			return 0, err
		}
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
	}
	after, err := quiet(ctx)
	return float64(after-before) / float64(n), err
}

// quiet reads the counter once the last acknowledgement, which may be delayed by
// 40 ms, is out.
func quiet(ctx context.Context) (uint64, error) {
	const still = 100 * time.Millisecond
	last, err := procfs.SegmentsSent()
	for err == nil {
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(still):
		}
		var now uint64
		if now, err = procfs.SegmentsSent(); now == last {
			break
		}
		last = now
	}
	return last, err
}

// bytesFirst stops those who accept, connects and sends a batch, and lets them go on.
func bytesFirst(addrs []unix.Sockaddr, pids []int) (err error) {
	if err := signal(pids, unix.SIGSTOP); err != nil {
		return err
	}
	defer signal(pids, unix.SIGCONT)
	fds := make([]int, 0, batch)
	defer func() {
		for _, fd := range fds {
			unix.Close(fd)
		}
	}()
	for i := range batch {
		fd, err := dial(addrs[i%len(addrs)])
		if err != nil {
			return fmt.Errorf("while nobody accepts: %w", err)
		}
		fds = append(fds, fd)
		if err := sendAll(fd, message(origin.Echo, exchangeSize)); err != nil {
			return err
		}
	}
	if err := signal(pids, unix.SIGCONT); err != nil {
		return err
	}
	for _, fd := range fds {
		if err := receive(fd); err != nil {
			return err
		}
	}
	return nil
}

func signal(pids []int, s unix.Signal) error {
	for _, pid := range pids {
		if err := unix.Kill(pid, s); err != nil {
			return os.NewSyscallError("kill", err)
		}
	}
	return nil
}
