package load

import (
	"context"
	"time"

	"weir/bench/origin"
	"weir/bench/procfs"
)

// progressEvery is how often progress is told.
const progressEvery = 250 * time.Millisecond

// running is a job under way.
type running struct {
	job      Job
	pids     []int
	loops    []*loop
	counters *origin.Counters
	tell     func(Progress)
}

// A mark is what all counters said at one moment.
type mark struct {
	at     time.Time
	cpu    procfs.CPU
	counts []counts // by crew
}

type counts struct{ ops, bytes, errors uint64 }

func (r *running) mark() (mark, error) {
	m := mark{at: time.Now()}
	for i := range r.loops {
		m.counts = append(m.counts, r.count(i))
	}
	var err error
	m.cpu, err = procfs.ReadCPU(r.pids)
	return m, err
}

func (r *running) count(crew int) counts {
	l := r.loops[crew]
	c := counts{l.ops.Load(), l.bytes.Load(), l.errors.Load()}
	if r.job.Crews[crew].Kind == Up {
		c.bytes = r.counters.Sunk.Load()
	}
	return c
}

// pass lets time pass, and tells how it goes meanwhile.
func (r *running) pass(ctx context.Context, phase string, d time.Duration) error {
	end := time.After(d)
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	last, at := r.count(0), time.Now()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-end:
			return nil
		case <-tick.C:
			c, now := r.count(0), time.Now()
			done := c.ops - last.ops
			if c.ops == 0 {
				done = c.bytes - last.bytes
			}
			r.tell(Progress{phase, float64(done) / now.Sub(at).Seconds()})
			last, at = c, now
		}
	}
}

// result is called when the loops have ended.
func (r *running) result(before, after mark) Result {
	res := Result{Began: before.at, Elapsed: after.at.Sub(before.at)}
	res.CPU, res.CPUStat = after.cpu.Since(before.cpu)
	for i, l := range r.loops {
		b, a := before.counts[i], after.counts[i]
		t := Tally{Ops: a.ops - b.ops, Bytes: a.bytes - b.bytes, Errors: l.errors.Load() + uint64(l.hung)}
		if l.first != nil {
			t.Error = l.first.Error()
		} else if l.hung > 0 {
			t.Error = "hanging at the end"
		}
		t.Latency = Latency{
			P50:  time.Duration(l.latency.ValueAtQuantile(50)),
			P99:  time.Duration(l.latency.ValueAtQuantile(99)),
			P999: time.Duration(l.latency.ValueAtQuantile(99.9)),
			Max:  time.Duration(l.latency.Max()),
		}
		res.Crews = append(res.Crews, t)
	}
	return res
}
